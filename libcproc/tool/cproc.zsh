#compdef cproc
# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of cproc(1) for zsh.

_cproc() {
  local curcontext=$curcontext state line ret=1
  local -A opt_args
  local -a verbs=(
    'exec:run a program and print its output when it has ended'
    'spawn:run a program and print each line as it comes'
    'fork:run a worker; each line is a message'
    'help:print the verbs, or the options of a verb'
    'version:print the version'
  )
  local -a timeout=('(-t --timeout)'{-t+,--timeout=}'[end the program after so many seconds]:seconds:')
  local -a shell=('(-s --shell)'{-s,--shell}'[the argument is a line for the shell]')
  local -a help=('(- *)'{-h,--help}'[print the options]')
  local -a program=('(-):program: _command_names -e' '*::arguments: _normal')

  _arguments -C -A '-*' \
    '(- *)'{-h,--help}'[print the verbs]' \
    '(- *)'{-V,--version}'[print the version]' \
    '1:verb:->verb' \
    '*::argument:->argument' && ret=0

  case $state in
    verb)
      _describe -t verbs verb verbs && ret=0
      ;;
    argument)
      case $words[1] in
        exec)
          _arguments -A '-*' $timeout $shell $help \
            '(-m --max-buffer)'{-m+,--max-buffer=}'[end the program when it writes more]:bytes:' \
            '(-j --json)'{-j,--json}'[print one JSON object]' $program && ret=0
          ;;
        spawn)
          _arguments -A '-*' $timeout $shell $help \
            '(-i --idle-timeout)'{-i+,--idle-timeout=}'[end the program when it is silent]:seconds:' \
            '(-p --plain)'{-p,--plain}'[print what is written as it is]' \
            '(-T --terminal)'{-T,--terminal}'[run the program at a terminal of its own]' \
            $program && ret=0
          ;;
        fork)
          _arguments -A '-*' $help \
            '(-l --linger)'{-l+,--linger=}'[how long to wait for more messages]:seconds:' \
            '(-):module:_files' '*:argument:_files' && ret=0
          ;;
        help)
          _describe -t verbs verb verbs && ret=0
          ;;
      esac
      ;;
  esac

  return ret
}

_cproc "$@"
