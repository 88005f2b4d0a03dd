# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of cproc(1) for bash.

_cproc ()
{
  local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options=
  local i

  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W 'exec spawn fork help version --help --version' -- "$current")
    return
  fi

  case $verb in
    exec) options='--timeout= --max-buffer= --json --shell --help' ;;
    spawn) options='--timeout= --idle-timeout= --shell --plain --terminal --help' ;;
    fork) options='--linger= --help' ;;
    help)
      mapfile -t COMPREPLY < <(compgen -W 'exec spawn fork' -- "$current")
      return
      ;;
    *) return ;;
  esac

  # After the options come a program and its own arguments.
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --) ((i++)); break ;;
      -[timl] | --timeout | --idle-timeout | --max-buffer | --linger)
        # The value is a word of its own, with or without a sign between.
        [[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
        ((i++))
        ((i < COMP_CWORD)) || return
        ;;
      -*) ;;
      *) break ;;
    esac
  done

  if ((i < COMP_CWORD)); then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [[ $current == -* && ${COMP_WORDS[i - 1]} != -- ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
  elif [[ $verb == fork ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  fi
}

complete -F _cproc cproc
