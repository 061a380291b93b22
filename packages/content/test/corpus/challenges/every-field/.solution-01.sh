#!/bin/bash
examinerctl task wait init_app --timeout 60s
printf bridge | examinerctl task input verify_driver
# session: laborant@web-01 retry=5
examinerctl task wait verify_url --timeout 60s
