pid=$(pgrep -f /opt/tenants/mixer | head -n 1)
cut -d: -f3 "/proc/$pid/cgroup" | examinerctl task input verify_where
cd /sys/fs/cgroup/tenants.service
echo "+cpu +memory +pids" | sudo tee cgroup.subtree_control
sudo mkdir mixer pantry toaster
echo "20000 100000" | sudo tee mixer/cpu.max
echo "$pid" | sudo tee mixer/cgroup.procs
echo 48M | sudo tee pantry/memory.max
sudo sh -c 'echo $$ > pantry/cgroup.procs; exec /opt/tenants/pantry' || true
echo 12 | sudo tee toaster/pids.max
sudo sh -c 'echo $$ > toaster/cgroup.procs; exec setsid -f /opt/tenants/toaster' >/dev/null 2>&1 </dev/null
for task in verify_cpu verify_memory verify_pids; do examinerctl task wait $task --timeout 180s; done
echo 1 | sudo tee mixer/cgroup.freeze
sudo mkdir -p /etc/systemd/system/tenant-pantry.service.d
printf '[Service]\nCPUQuota=20%%\nMemoryMax=48M\nTasksMax=12\n' | sudo tee /etc/systemd/system/tenant-pantry.service.d/limits.conf
sudo systemctl daemon-reload
sudo systemctl start tenant-pantry
examinerctl task wait verify_service --timeout 180s
