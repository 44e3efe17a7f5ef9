"""Recipes as YAML, from sections of settings."""


def text(sections):
    return "".join(_lines(sections, 0))


def _lines(sections, depth):
    for key, value in sections.items():
        if isinstance(value, dict):
            yield f"{'  ' * depth}{key}:\n"
            yield from _lines(value, depth + 1)
        else:
            word = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
            yield f"{'  ' * depth}{key}: {word}\n"
