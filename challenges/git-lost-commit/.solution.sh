cd ~/shop
lost=$(git reflog --format='%H %gs' | awk '/Print a receipt/ { print $1; exit }')
git branch feature-receipt "$lost"
git bisect start HEAD "$(git rev-list --max-parents=0 HEAD)"
git bisect run ./test.sh
culprit=$(git rev-parse refs/bisect/bad)
git bisect reset
printf '%s' "$culprit" | examinerctl task input verify_culprit
examinerctl task wait verify_culprit --timeout 180s
sed -i 's/-gt 10/-ge 10/' total.sh
git commit -qam "The discount begins at ten again"
git merge --no-edit feature-receipt
