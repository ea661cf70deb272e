# SPDX-License-Identifier: MIT
"""What the workloads work on, the same every time."""

import os
import random
import subprocess

C_FUNCTION = """
struct item_{n} {{
\tint key;
\tlong weight;
\tstruct item_{n} *next;
}};

long total_{n}(const struct item_{n} *item, int from, int to)
{{
\tlong total = {n};

\tfor (; item; item = item->next) {{
\t\tif (item->key < from || item->key >= to)
\t\t\tcontinue;
\t\tswitch (item->key % {m}) {{
\t\tcase 0:
\t\t\ttotal += item->weight;
\t\t\tbreak;
\t\tcase 1:
\t\t\ttotal ^= item->weight << {s};
\t\t\tbreak;
\t\tdefault:
\t\t\ttotal -= item->weight * item->key;
\t\t}}
\t}}
\treturn total;
}}
"""

SMALL_C = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int part_{n}(const char *text)
{{
\tchar line[100];
\tint sum = {n};

\tsnprintf(line, sizeof(line), "%s %d", text, sum);
\tfor (size_t i = 0; i < strlen(line); i++)
\t\tsum = sum * 31 + line[i];
\treturn sum;
}}
"""


def write(path, text):
    with open(path, "w") as stream:
        stream.write(text)
    return path


def c_file(path, lines):
    """Many functions like each other, until there are so many lines."""
    parts = []
    length = 0
    while length < lines:
        n = len(parts)
        parts.append(C_FUNCTION.format(n=n, m=3 + n % 7, s=1 + n % 5))
        length += parts[-1].count("\n")
    return write(path, "".join(parts))


def c_project(directory, files):
    """Small C files and the makefile of a program of them all."""
    os.mkdir(directory)
    for n in range(files):
        write(os.path.join(directory, "part_%d.c" % n), SMALL_C.format(n=n))
    numbers = range(files)
    write(os.path.join(directory, "main.c"),
          "".join("int part_%d(const char *);\n" % n for n in numbers) +
          "int main(void)\n{\n\treturn (0" +
          "".join("\n\t\t+ part_%d(\"x\")" % n for n in numbers) +
          ") == 1;\n}\n")
    objects = " ".join("part_%d.o" % n for n in numbers) + " main.o"
    write(os.path.join(directory, "Makefile"),
          "program: %s\n\t$(CC) -o $@ %s\n"
          "%%.o: %%.c\n\t$(CC) -O1 -c -o $@ $<\n" % (objects, objects))
    return directory


def text(path, size):
    """Text with the redundancy of prose."""
    chooser = random.Random(1)
    words = ["".join(chooser.choices("abcdefghijklmnopqrstuvwxyz",
                                     k=chooser.randint(2, 11)))
             for _ in range(4000)]
    with open(path, "w") as stream:
        while stream.tell() < size:
            stream.write(" ".join(chooser.choices(words, k=2000)) + "\n")
    return path


def inserts(path, rows):
    """SQL statements, each of them a transaction."""
    with open(path, "w") as stream:
        stream.write("create table t(id integer primary key, a int, b text);\n")
        for n in range(rows):
            stream.write("insert into t values(%d, %d, 'row %d');\n" % (
                n, n * 7919 % 1000003, n))
        stream.write("select count(*), sum(a), max(b) from t;\n")
    return path


def many_files(directory, number):
    """Files of up to 4 KiB, a hundred in each directory."""
    chooser = random.Random(2)
    content = chooser.randbytes(4096)
    for n in range(number):
        parent = os.path.join(directory, "%03d" % (n // 100))
        if n % 100 == 0:
            os.makedirs(parent)
        with open(os.path.join(parent, "%02d" % (n % 100)), "wb") as stream:
            stream.write(content[:chooser.randint(100, 4096)])
    return directory


def _commits(number):
    """A stream for git fast-import: each commit changes lines of a file."""
    chooser = random.Random(3)
    files = {}
    for n in range(number):
        name = "file-%02d.txt" % chooser.randrange(50)
        lines = files.setdefault(name, ["line %d" % i for i in range(100)])
        for _ in range(3):
            lines[chooser.randrange(100)] = "changed by commit %d" % n
        message = "change %s\n" % name
        body = "\n".join(lines) + "\n"
        yield ("commit refs/heads/main\n"
               "committer A Person <person@example.org> %d +0000\n"
               "data %d\n%s"
               "M 644 inline %s\ndata %d\n%s\n" % (
                   1_600_000_000 + n, len(message), message, name, len(body),
                   body))


def git_repository(directory, commits, environment):
    for command, stream in (
            (["git", "init", "-q", "-b", "main", directory], None),
            (["git", "-C", directory, "fast-import", "--quiet"],
             "".join(_commits(commits)).encode())):
        subprocess.run(command, input=stream, check=True, env=environment,
                       stdout=subprocess.DEVNULL)
    return directory
