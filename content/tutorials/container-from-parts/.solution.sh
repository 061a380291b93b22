mkdir -p ~/box/proc
~/copy-tool bash ls ps hostname ~/box
find ~/box -type f
examinerctl task wait verify_root --timeout 120s
# Waits for input that never comes: there is no sleep in the box.
sleep 1000 | sudo unshare --pid --fork --net --uts --mount-proc=$HOME/box/proc chroot ~/box /bin/bash -c 'hostname box; ps aux; ls /proc/sys/net/ipv4/conf; read -r line' >/tmp/box.log 2>&1 &
examinerctl task wait verify_pid --timeout 120s
ps -eo pid,ppid,args | grep '[/]bin/bash'
inside=$(ps -eo pid,args | awk '$2 == "/bin/bash" && $3 == "-c" && /hostname box/ { print $1; exit }')
printf '%s' "$inside" | examinerctl task input input_outside
cat /tmp/box.log
examinerctl task wait input_outside --timeout 120s
examinerctl task wait verify_more --timeout 120s
sudo systemd-run --unit=box --property=Delegate=yes --property=MemoryMax=64M sleep infinity
echo "$inside" | sudo tee /sys/fs/cgroup/system.slice/box.service/cgroup.procs
cat /sys/fs/cgroup/system.slice/box.service/memory.max
examinerctl task wait verify_limit --timeout 120s
