"""Which orbits, how many satellites, launched when: what does each buy?"""
