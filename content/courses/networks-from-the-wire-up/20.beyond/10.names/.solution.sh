# session: client
dig @172.16.0.3 library.lesson.internal
dig @172.16.0.3 +short library.lesson.internal | examinerctl task input verify_dig
examinerctl task wait verify_dig --timeout 120s
getent ahostsv4 library.lesson.internal || echo "exit code $?"
cat /etc/resolv.conf /etc/nsswitch.conf
echo nameserver 172.16.0.3 | sudo tee /etc/resolv.conf
examinerctl task wait verify_getent --timeout 120s
