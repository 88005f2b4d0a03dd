# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of cproc(1) for fish.

function __cproc_at_verb
    test (count (commandline -opc)) -eq 1
end

# Whether the verb is one of those given, and its program has not been named yet.
function __cproc_at_option
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv
    or return 1
    set -l skip 0
    for word in $words[3..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case --
                return 1
            case -t -i -m -l --timeout --idle-timeout --max-buffer --linger
                set skip 1
            case '-*'
            case '*'
                return 1
        end
    end
end

function __cproc_at_program
    set -l words (commandline -opc)
    __cproc_at_option $argv
    or begin
        contains -- "$words[2]" $argv
        and test "$words[-1]" = --
    end
end

complete -c cproc -n __cproc_at_verb -f -a exec -d 'Run a program and print its output when it has ended'
complete -c cproc -n __cproc_at_verb -f -a spawn -d 'Run a program and print each line as it comes'
complete -c cproc -n __cproc_at_verb -f -a fork -d 'Run a worker; each line is a message'
complete -c cproc -n __cproc_at_verb -f -a help -d 'Print the verbs, or the options of a verb'
complete -c cproc -n __cproc_at_verb -f -a version -d 'Print the version'
complete -c cproc -n __cproc_at_verb -s h -l help -d 'Print the verbs'
complete -c cproc -n __cproc_at_verb -s V -l version -d 'Print the version'

complete -c cproc -n '__cproc_at_option exec spawn fork' -s h -l help -d 'Print the options'
complete -c cproc -n '__cproc_at_option exec spawn' -s t -l timeout -x -d 'End the program after so many seconds'
complete -c cproc -n '__cproc_at_option exec spawn' -s s -l shell -d 'The argument is a line for the shell'
complete -c cproc -n '__cproc_at_option exec' -s m -l max-buffer -x -d 'End the program when it writes more bytes to one stream'
complete -c cproc -n '__cproc_at_option exec' -s j -l json -d 'Print the output and the end as one JSON object'
complete -c cproc -n '__cproc_at_option spawn' -s i -l idle-timeout -x -d 'End the program when it has written nothing for so many seconds'
complete -c cproc -n '__cproc_at_option spawn' -s p -l plain -d 'Print what the program writes as it is, each stream to its own'
complete -c cproc -n '__cproc_at_option spawn' -s T -l terminal -d 'Run the program at a terminal of its own'
complete -c cproc -n '__cproc_at_option fork' -s l -l linger -x -d 'Wait for so many seconds for more messages'
complete -c cproc -n '__cproc_at_program exec spawn' -f -a '(__fish_complete_command)'
complete -c cproc -n 'contains -- (commandline -opc)[2] help' -f -a 'exec spawn fork'
