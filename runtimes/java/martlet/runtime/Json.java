package martlet.runtime;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON text to and from trees of Map, List, String, Boolean, null and numbers: Integer, Long or BigInteger, and BigDecimal
 * for what has a fraction, so that nothing is lost before it is known what type is wanted.
 */
final class Json {
    private static final int MAX_DEPTH = 1000;
    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** Throws IllegalArgumentException. */
    static Object parse(String text) {
        Json parser = new Json(text);
        Object value = parser.value();
        parser.skipSpace();
        if (parser.at != text.length()) throw parser.wrong();
        return value;
    }

    static String write(Object tree) {
        StringBuilder out = new StringBuilder();
        append(out, tree);
        return out.toString();
    }

    private IllegalArgumentException wrong() {
        String what = at < text.length() ? "unexpected character '" + text.charAt(at) + "'" : "unexpected end";
        return new IllegalArgumentException("Invalid JSON: " + what + " at position " + at);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) ++at;
    }

    private boolean take(char wanted) {
        skipSpace();
        if (at >= text.length() || text.charAt(at) != wanted) return false;
        ++at;
        return true;
    }

    private Object word(String wanted, Object value) {
        if (!text.startsWith(wanted, at)) throw wrong();
        at += wanted.length();
        return value;
    }

    private Object value() {
        skipSpace();
        if (at >= text.length() || ++depth > MAX_DEPTH) throw wrong();
        Object value;
        switch (text.charAt(at)) {
            case '{':
                value = object();
                break;
            case '[':
                value = array();
                break;
            case '"':
                value = string();
                break;
            case 't':
                value = word("true", true);
                break;
            case 'f':
                value = word("false", false);
                break;
            case 'n':
                value = word("null", null);
                break;
            default:
                value = number();
        }
        --depth;
        return value;
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        ++at;
        if (take('}')) return members;
        do {
            skipSpace();
            if (at >= text.length() || text.charAt(at) != '"') throw wrong();
            String name = string();
            if (!take(':')) throw wrong();
            members.put(name, value());
        } while (take(','));
        if (!take('}')) throw wrong();
        return members;
    }

    private List<Object> array() {
        List<Object> elements = new ArrayList<>();
        ++at;
        if (take(']')) return elements;
        do elements.add(value());
        while (take(','));
        if (!take(']')) throw wrong();
        return elements;
    }

    private String string() {
        int start = ++at;
        StringBuilder made = null;
        for (;;) {
            if (at >= text.length()) throw wrong();
            char c = text.charAt(at);
            if (c != '"' && c != '\\') {
                ++at;
                continue;
            }
            if (c == '"' && made == null) return text.substring(start, at++);
            if (made == null) made = new StringBuilder();
            made.append(text, start, at++);
            if (c == '"') return made.toString();
            made.append(escaped());
            start = at;
        }
    }

    private char escaped() {
        if (at >= text.length()) throw wrong();
        char c = text.charAt(at++);
        int known = "nrtbf".indexOf(c);
        if (known >= 0) return "\n\r\t\b\f".charAt(known);
        if (c != 'u') return c;
        if (at + 4 > text.length()) throw wrong();
        int code = 0;
        for (int i = 0; i < 4; ++i) {
            int digit = Character.digit(text.charAt(at), 16);
            if (digit < 0) throw wrong();
            code = code * 16 + digit;
            ++at;
        }
        return (char) code;
    }

    private Number number() {
        int start = at;
        boolean whole = true;
        for (; at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0; ++at)
            if (".eE".indexOf(text.charAt(at)) >= 0) whole = false;
        String digits = text.substring(start, at);
        try {
            if (!whole) return new BigDecimal(digits);
            if (digits.length() > 18) {
                BigInteger large = new BigInteger(digits);
                if (large.bitLength() < 64) return large.longValue();
                return large;
            }
            long value = Long.parseLong(digits);
            if (value == (int) value) return (int) value;
            return value;
        } catch (NumberFormatException not) {
            at = start;
            throw wrong();
        }
    }

    private static void append(StringBuilder out, Object value) {
        if (value instanceof String) {
            appendString(out, (String) value);
        } else if (value instanceof Map) {
            String before = "{";
            for (Map.Entry<?, ?> member : ((Map<?, ?>) value).entrySet()) {
                appendString(out.append(before), String.valueOf(member.getKey()));
                append(out.append(':'), member.getValue());
                before = ",";
            }
            out.append(before.equals("{") ? "{}" : "}");
        } else if (value instanceof List) {
            String before = "[";
            for (Object element : (List<?>) value) {
                append(out.append(before), element);
                before = ",";
            }
            out.append(before.equals("[") ? "[]" : "]");
        } else if (value instanceof Double && !Double.isFinite((Double) value)
                || value instanceof Float && !Float.isFinite((Float) value)) {
            appendString(out, value.toString());
        } else {
            out.append(value);
        }
    }

    private static void appendString(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); ++i) {
            char c = value.charAt(i);
            int known = "\n\r\t\b\f\"\\".indexOf(c);
            if (known >= 0) out.append('\\').append("nrtbf\"\\".charAt(known));
            else if (c < 0x20) out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            else out.append(c);
        }
        out.append('"');
    }
}
