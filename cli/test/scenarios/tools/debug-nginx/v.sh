docker ps | grep -q web
