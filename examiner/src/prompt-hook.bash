# Sourced by every interactive bash of a machine: tells the examiner that a prompt came back, so that
# checks are looked at again at once. Forks nothing, never blocks, never changes $? (bash restores it).
case $- in *i*) ;; *) return 0 ;; esac
shopt -q restricted_shell && return 0
__agon_prompt() {
  { builtin printf . >|/run/agon/prompt; } 2>/dev/null
  return 0
}
# Since bash 5.1 PROMPT_COMMAND may be an array, of which a plain assignment sets entry 0 only: a user's
# own PROMPT_COMMAND and this one both live, whoever comes first.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
  PROMPT_COMMAND[99]=__agon_prompt
elif [[ ${PROMPT_COMMAND-} != *__agon_prompt* ]]; then
  PROMPT_COMMAND="__agon_prompt${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
fi
