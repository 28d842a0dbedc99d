# A process killed for memory is an event, whether its container lives on or ends with it.
# short: 6.12
need_image busybox
events() { skiff events --since 10m --until 0s --filter "container=$1" --format '{{.Action}}' | tr '\n' ' '; }
skiff run -d --name lives --network none -m 32m "$IMAGE" sh -c 'tail /dev/zero; sleep 1000'
eventually 10 sh -c 'skiff events --since 10m --until 0s --filter event=oom | grep -q name=lives'
expect "events of what lives on" "create start oom " "$(events lives)"
expect "its state" true "$(skiff inspect --format '{{.State.Running}}' lives)"
exit_of skiff run --name ends --network none -m 32m "$IMAGE" tail /dev/zero
expect "exit status" 137 "$STATUS"
expect "events of what ends" "create attach start oom die " "$(events ends)"
