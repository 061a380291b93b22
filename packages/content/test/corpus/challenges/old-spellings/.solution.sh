examinerctl task wait verify_a
