cd ~/pay
git log --all --format=%H -S sk_live_ | tail -n 1 | examinerctl task input verify_commit
examinerctl task wait verify_commit --timeout 180s
export FILTER_BRANCH_SQUELCH_WARNING=1
git filter-branch --index-filter 'git rm -q --cached --ignore-unmatch settings.env' --tag-name-filter cat -- --all
git for-each-ref --format='delete %(refname)' refs/original | git update-ref --stdin
git reflog expire --expire=now --all
git gc -q --prune=now
echo settings.env > .gitignore
git add .gitignore
git commit -qm "Ignore the settings"
cat > .git/hooks/pre-commit <<'SH'
#!/bin/sh
if git diff --cached -U0 | grep -qE '^\+.*sk_live_[A-Za-z0-9]{20}'; then
  echo "pre-commit: this commit would add a payment key" >&2
  exit 1
fi
SH
chmod +x .git/hooks/pre-commit
examinerctl task wait verify_hook --timeout 180s
