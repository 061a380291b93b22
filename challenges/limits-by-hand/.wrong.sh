# Plausible: the groups are there and the limits are right, but nobody lives in them - the services are limited by a command that a boot forgets.
cd /sys/fs/cgroup/tenants.service
printf '/tenants.service/mixer' | examinerctl task input verify_where
echo "+cpu +memory +pids" | sudo tee cgroup.subtree_control
sudo mkdir mixer pantry toaster
echo "20000 100000" | sudo tee mixer/cpu.max
echo 48M | sudo tee pantry/memory.max
echo 12 | sudo tee toaster/pids.max
sudo systemctl start tenant-pantry tenant-toaster
sudo systemctl set-property --runtime tenant-pantry CPUQuota=20% MemoryMax=48M TasksMax=12
examinerctl task wait verify_tree --timeout 180s
