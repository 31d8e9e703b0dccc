"""Changes members of a JSON text in place: every byte that is not part of the change stays as it is."""
import json
import re

SPACE = re.compile(r"[ \t\n\r]*")
SCALAR = re.compile(r"[^\s,\]}]+")


class Invalid(Exception):
    """What is wrong with the text, and where: `line 3, column 7: …`."""


class Node:
    """A value and where it stands: text[start:end]. `members` of an object are (key, start of the key, Node)."""

    def __init__(self, start, kind):
        self.start, self.end, self.kind, self.members, self.items = start, start, kind, [], []

    def get(self, key):
        found = [value for name, _, value in self.members if name == key]
        return found[0] if found else None

    def parts(self):
        """Where each member or item begins and ends."""
        if self.kind == "{":
            return [(start, value.end) for _, start, value in self.members]
        return [(item.start, item.end) for item in self.items]


def place(text, at):
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - (text.rfind(chr(10), 0, at) + 1) + 1}"


def constant(word):
    raise ValueError(f"{word} is no JSON")


def load(text):
    """The value, with objects as lists of pairs, so that order and repeated keys count."""
    if text.startswith("\ufeff"):
        raise Invalid("line 1, column 1: a byte order mark, which JSON does not allow")
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: ("object", pairs), parse_constant=constant,
                          parse_float=lambda number: ("number", number), parse_int=lambda number: ("number", number))
    except json.JSONDecodeError as error:
        raise Invalid(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise Invalid(str(error)) from None


def parse(text):
    """The positions of a text that load() takes."""
    def skip(at):
        return SPACE.match(text, at).end()

    def value(at):
        node = Node(at, text[at])
        if node.kind == '"':
            _, node.end = json.decoder.scanstring(text, at + 1)
        elif node.kind in "{[":
            close = "}" if node.kind == "{" else "]"
            at = skip(at + 1)
            while text[at] != close:
                if node.kind == "{":
                    start = at
                    key, at = json.decoder.scanstring(text, at + 1)
                    node.members.append((key, start, value(skip(skip(at) + 1))))
                    at = node.members[-1][2].end
                else:
                    node.items.append(value(at))
                    at = node.items[-1].end
                at = skip(at)
                if text[at] == ",":
                    at = skip(at + 1)
            node.end = at + 1
        else:
            node.end = SCALAR.match(text, at).end()
        return node

    load(text)
    return value(skip(0))


def indent_of(text):
    """One step of the text's own indentation; empty: it has no lines."""
    found = re.search(r"[\[{]\r?\n([ \t]+)\S", text)
    return found.group(1) if found else ("" if "\n" not in text.strip() and len(text.strip()) > 2 else "  ")


def margin(text, at):
    """The blanks that the line of `at` begins with."""
    return re.match(r"[ \t]*", text[text.rfind("\n", 0, at) + 1:at]).group()


def written(value, indent, before):
    if not indent:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", "\n" + before)


def append(text, node, value, key=None):
    """The text with one more item, or member `key`, at the end of an array or object."""
    indent, parts = indent_of(text), node.parts()
    name = "" if key is None else json.dumps(key, ensure_ascii=False) + ": "
    if parts:
        start, end = parts[-1]
        blank = text[parts[-2][1]:start].partition(",")[2] if len(parts) > 1 else text[node.start + 1:start]
        own = indent if "\n" in blank else ""
        return text[:end] + "," + (blank or " ") + name + written(value, own, margin(text, start)) + text[end:]
    before = margin(text, node.start)
    if not indent:
        return text[:node.start + 1] + name + written(value, "", "") + text[node.end - 1:]
    inner = "\n" + before + indent
    return text[:node.start + 1] + inner + name + written(value, indent, before + indent) + "\n" + before + \
        text[node.end - 1:]


def remove(text, node, index):
    """The text without one item or member."""
    parts = node.parts()
    if len(parts) == 1:
        return text[:node.start + 1] + text[node.end - 1:]
    if index + 1 < len(parts):
        return text[:parts[index][0]] + text[parts[index + 1][0]:]
    return text[:parts[index - 1][1]] + text[parts[index][1]:]
