"""Mutation testing: breaks one thing in one module of medicine, and sees whether its tests notice.

    make mutate ARGS="crs icaht"        these modules
    make mutate                         all of them, which takes hours
    make mutate ARGS="--again crs"      only what was not noticed the last time

Why not a library: mutmut leaves alone what stands outside of functions, and here that is every
threshold; it changes every word of every sentence instead, a thousand times a module. cosmic-ray
starts pytest anew for each change, which is a second and more each time. Here pytest is loaded
once, and each change is tried in a fork of that process.
"""
