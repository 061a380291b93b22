# Plausible: all branches are rewritten, but the backup keeps the old objects, and the hook looks into the folder.
cd ~/pay
git log --all --format=%H -S sk_live_ | head -n 1 | examinerctl task input verify_commit
export FILTER_BRANCH_SQUELCH_WARNING=1
git filter-branch --index-filter 'git rm -q --cached --ignore-unmatch settings.env' -- --branches
git tag -d v1.0 v1.1
git for-each-ref --format='delete %(refname)' refs/original | git update-ref --stdin
echo '*.env*' > .gitignore
git add .gitignore
git commit -qm "Ignore the settings"
printf '#!/bin/sh\n! grep -rq sk_live_ --exclude-dir=.git .\n' > .git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
examinerctl task wait verify_purged --timeout 180s
