"""A reader of REAPER's project files, from their grammar: blocks of lines, each a key and quoted words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Block:
    """`<NAME word …`, its lines and blocks, `>`. parts: lines and blocks in their order."""

    name: str
    words: list[str]
    lines: list[tuple[str, list[str]]] = field(default_factory=list)
    parts: list[tuple[str, list[str]] | Block] = field(default_factory=list)

    def __getitem__(self, key):
        """The words of the first line with this key."""
        return next(words for found, words in self.lines if found == key)

    def all(self, name):
        """The blocks of that name."""
        return [part for part in self.parts if isinstance(part, Block) and part.name == name]

    def takes(self):
        """Of an item: name, file and whether it is heard, of each take. Without a mark it is the first."""
        found = [{"name": "", "file": "", "heard": False}]
        for part in self.parts:
            if isinstance(part, Block):
                assert part.name == "SOURCE"
                assert part.words == ["WAVE"]
                found[-1]["file"] = part["FILE"][0]
            elif part[0] == "TAKE":
                found.append({"name": "", "file": "", "heard": part[1] == ["SEL"]})
            elif part[0] == "NAME":
                found[-1]["name"] = part[1][0]
        if not any(take["heard"] for take in found):
            found[0]["heard"] = True
        return [(take["name"], take["file"], take["heard"]) for take in found]


def parsed(text):
    """The one block of a file. Fails where the grammar is broken."""
    root, open_blocks = None, []
    for line in text.splitlines():
        words = split(line.strip())
        if words[0].startswith("<"):
            block = Block(words[0][1:], words[1:])
            if open_blocks:
                open_blocks[-1].parts.append(block)
            else:
                assert root is None
                root = block
            open_blocks.append(block)
        elif words == [">"]:
            open_blocks.pop()
        else:
            open_blocks[-1].lines.append((words[0], words[1:]))
            open_blocks[-1].parts.append((words[0], words[1:]))
    assert root is not None
    assert not open_blocks
    return root


def split(line):
    """The words of a line; what begins with a quotation mark ends with the same one."""
    words, at = [], 0
    while at < len(line):
        if line[at] == " ":
            at += 1
        elif line[at] in "\"'`":
            end = line.index(line[at], at + 1)
            words.append(line[at + 1 : end])
            at = end + 1
        else:
            end = line.find(" ", at)
            end = len(line) if end < 0 else end
            words.append(line[at:end])
            at = end
    return words
