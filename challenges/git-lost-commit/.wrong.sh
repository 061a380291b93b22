# Plausible: a new branch of the same name, and the newest commit as the suspect.
cd ~/shop
git branch feature-receipt
git rev-parse HEAD | examinerctl task input verify_culprit
