"""How names of the models become names in C++."""

import re

KEYWORDS = frozenset("""
alignas alignof and asm auto bitand bitor bool break case catch char class compl const constexpr consteval constinit
continue co_await co_return co_yield concept decltype default delete do double else enum explicit export extern false
float for friend goto if import inline int long module mutable namespace new noexcept not nullptr operator or private
protected public register requires return short signed sizeof static struct switch template this throw true try typedef
typeid typename union unsigned using virtual void volatile while xor errno stdin stdout stderr major minor unix linux
""".split())

# Words that the rules below would take apart.
WHOLE_WORDS = (("IPv4", "Ipv4"), ("IPv6", "Ipv6"), ("OAuth", "Oauth"))


def snake_case(name):
    """"CodeSha256" -> "code_sha256", "KMSKeyArn" -> "kms_key_arn", "logGroupName" -> "log_group_name"."""
    for word, replacement in WHOLE_WORDS:
        name = name.replace(word, replacement)
    name = re.sub(r"[^0-9A-Za-z]+", "_", name)
    name = re.sub(r"([A-Z]{2,})s(?=$|[A-Z_])", lambda plural: plural[1].capitalize() + "s", name)  # "ARNs"
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"_+", "_", name).strip("_").lower()
    if name in KEYWORDS:
        return name + "_"
    return "n" + name if name[0].isdigit() else name


def type_name(shape_name):
    """The shape's own name, made an identifier that is not the name of the interface."""
    name = re.sub(r"[^0-9A-Za-z]+", "_", shape_name).strip("_")
    return "ApiShape" if name == "Api" else name[0].upper() + name[1:]


def constant_name(value):
    """"python3.12" -> "kPython3_12", "REQUEST_RESPONSE" -> "kRequestResponse"."""
    words = [word for word in re.split(r"[^0-9A-Za-z]+", value) if word]
    result = "k"
    for word in words:
        if word.isupper():
            word = word.capitalize()
        separator = "_" if result[-1].isdigit() and word[0].isdigit() else ""
        result += separator + word[0].upper() + word[1:]
    return result if words else "kEmpty"


def unique(names):
    """The names in order, with "_2", "_3", ... after those that occurred before."""
    seen = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def literal(text):
    """A C++ string literal."""
    out = []
    for char in text:
        code = ord(char)
        if char in '"\\':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif code < 32 or code == 127:
            out.append(f"\\{code:03o}")
        elif code < 127:
            out.append(char)
        else:
            out.extend(f"\\{byte:03o}" for byte in char.encode())
    return '"' + "".join(out).replace("??", '?""?') + '"'
