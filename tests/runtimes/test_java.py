"""The Java runtime against a fake Runtime API."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from fake_runtime_api import PATIENCE, Bootstrap

BUILD = Path(os.environ.get("MARTLET", Path(__file__).resolve().parents[2] / "build/release/martlet")).parent
JAR = BUILD / "generated/java/bootstrap.jar"
JAVA, JAVAC = shutil.which("java"), shutil.which("javac")

IMPORTS = """
import com.amazonaws.services.lambda.runtime.*;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.*;
import java.math.*;
import java.time.*;
import java.util.*;
"""

SOURCE = IMPORTS + """
public class App implements RequestHandler<Map<String, Object>, Object> {
    static String restored = "";
    public Object handleRequest(Map<String, Object> event, Context context) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("event", event);
        answer.put("environment", System.getenv());
        answer.put("zone", TimeZone.getDefault().getID());
        answer.put("context", List.of(context.getAwsRequestId(), context.getFunctionName(), context.getMemoryLimitInMB(),
                context.getRemainingTimeInMillis() > 0, String.valueOf(context.getTenantId())));
        return answer;
    }
    public String text(String event) { return event + "!"; }
    public static int number(int event, Context context) { return event + 1; }
    public List<Integer> list(List<Long> event) { return List.of(event.size(), event.get(0).intValue()); }
    public void nothing() {}
    public void streams(InputStream in, OutputStream out) throws IOException { in.transferTo(out); out.write('?'); }
    public Shapes.Order pojo(Shapes.Order order) { order.setTotal(order.getTotal().add(BigDecimal.ONE)); return order; }
    public Object trace(Object event) { return System.getenv("_X_AMZN_TRACE_ID"); }
    public void fails(Map<String, String> event) {
        try { inner(); } catch (IllegalStateException e) { throw new IllegalArgumentException("outer", e); }
    }
    private void inner() { throw new IllegalStateException("inner \\u00fc"); }
    public void logs(Object event, Context context) {
        context.getLogger().log("two\\nlines");
        context.getLogger().log("debug", LogLevel.DEBUG);
        context.getLogger().log("error", LogLevel.ERROR);
        System.out.println("plain");
    }
    public void deep(Object event) { deep(event); }
}
""" + """
class Shapes {
    enum Colour { RED, GREEN }
    public static class Item { public String name; public int[] sizes; public Optional<String> note = Optional.empty(); }
    public static class Order {
        private String orderId; private BigDecimal total; private Colour colour; private boolean paid; private Instant at;
        private List<Item> items; private Map<String, Double> rates; private byte[] data; private Integer none;
        public String getOrderId() { return orderId; }
        public void setOrderId(String value) { orderId = value; }
        public BigDecimal getTotal() { return total; }
        public void setTotal(BigDecimal value) { total = value; }
        public Colour getColour() { return colour; }
        public void setColour(Colour value) { colour = value; }
        public boolean isPaid() { return paid; }
        public void setPaid(boolean value) { paid = value; }
        public Instant getAt() { return at; }
        public void setAt(Instant value) { at = value; }
        public List<Item> getItems() { return items; }
        public void setItems(List<Item> value) { items = value; }
        public Map<String, Double> getRates() { return rates; }
        public void setRates(Map<String, Double> value) { rates = value; }
        public byte[] getData() { return data; }
        public void setData(byte[] value) { data = value; }
        public Integer getNone() { return none; }
        public void setNone(Integer value) { none = value; }
    }
}
"""

OTHERS = {
    "streams/Stream.java": "package streams;" + IMPORTS + """
public class Stream implements RequestStreamHandler {
    public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
        out.write(("[" + new String(in.readAllBytes()) + "]").getBytes());
    }
}
""",
    "Generic.java": IMPORTS + """
public class Generic extends Base<Shapes.Item> {
    public String handleRequest(Shapes.Item item, Context context) { return item.name + item.sizes.length; }
}
abstract class Base<T> implements RequestHandler<T, String> {}
""",
    "Events.java": IMPORTS + """
public class Events implements RequestHandler<Events.Event, String> {
    // As classes of AWS's library of events have it: names that differ from the JSON in case, and no setters.
    public static class Bucket { private final String name; private final String arn;
        public Bucket(String name, String arn) { this.name = name; this.arn = arn; } public String getName() { return name; } }
    public static class Record { private String eventSourceArn; private Bucket bucket; private String detailType;
        public void setEventSourceArn(String v) { eventSourceArn = v; } public void setBucket(Bucket v) { bucket = v; }
        public void setDetailType(String v) { detailType = v; } }
    public static class Event { private List<Record> records; public void setRecords(List<Record> v) { records = v; } }
    public String handleRequest(Event event, Context context) {
        Record r = event.records.get(0);
        return r.eventSourceArn + " " + r.bucket.getName() + " " + r.detailType;
    }
}
""",
    "Snap.java": IMPORTS + """
public class Snap implements RequestHandler<Object, String> {
    static final StringBuilder ran = new StringBuilder();
    static org.crac.Resource resource(String name) {
        org.crac.Resource made = new org.crac.Resource() {
            public void beforeCheckpoint(org.crac.Context<? extends org.crac.Resource> c) { ran.append("before " + name + ","); }
            public void afterRestore(org.crac.Context<? extends org.crac.Resource> c) { ran.append("after " + name + ",");
                if (System.getenv("FAIL") != null) throw new IllegalStateException("no"); }
        };
        return made;
    }
    public Snap() {
        org.crac.Core.getGlobalContext().register(resource("1"));
        org.crac.Core.getGlobalContext().register(resource("2"));
    }
    public String handleRequest(Object event, Context context) { return ran.toString(); }
}
""",
    "Broken.java": "public class Broken { public Broken() { throw new IllegalStateException(\"not today\"); } public void go() {} }",
}


@unittest.skipUnless(JAVA and JAVAC, "there is no JDK on this machine")
@unittest.skipUnless(JAR.exists(), f"there is no {JAR}: it was built without a JDK")
class JavaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sources = tempfile.mkdtemp(prefix="martlet-java-")
        cls.addClassCleanup(shutil.rmtree, sources)
        for path, text in {"App.java": SOURCE, **OTHERS}.items():
            file = Path(sources, path)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        files = map(str, Path(sources).rglob("*.java"))
        subprocess.run([JAVAC, "--release", "11", "-cp", JAR, "-d", sources + "/out", *files], check=True)
        out = Path(sources, "out")
        cls.classes = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.class")}

    def bootstrap(self, handler, preboot=False, files=None, **environment):
        command = [JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx200m", "-Dfile.encoding=UTF-8", "-jar", str(JAR)]
        files = self.classes if files is None else files
        started = Bootstrap(command, files, {"_HANDLER": handler, **environment}, preboot)
        self.addCleanup(started.close)
        return started

    def test_a_preboot_becomes_the_function(self):
        started = self.bootstrap("App", preboot=True, TZ="Asia/Tokyo", MINE="ü")
        started.take("martlet/function")
        started.give(json.dumps(started.function()).encode())
        answer = json.loads(started.answer_of(b'{"a": [1, 2.5, null, "x"]}', "id", Lambda_Runtime_Aws_Tenant_Id="t").body)
        self.assertEqual(answer["event"], {"a": [1, 2.5, None, "x"]})
        self.assertEqual(answer["environment"], started.variables)
        self.assertEqual((answer["zone"], answer["context"]), ("Asia/Tokyo", ["id", "tried", 256, True, "t"]))

    def test_a_full_boot_is_the_same(self):
        started = self.bootstrap("App::handleRequest", TZ=":UTC", LANG="en_US.UTF-8", LC_ALL="C.UTF-8", MINE="ü")
        answer = json.loads(started.answer_of(b"{}", "id").body)
        self.assertEqual(answer["environment"], started.variables)
        self.assertEqual((answer["zone"], answer["context"]), ("UTC", ["id", "tried", 256, True, "null"]))

    def test_kinds_of_handlers(self):
        for handler, event, answer in (
            ("App::text", b'"a"', b'"a!"'),
            ("App::number", b"1", b"2"),
            ("App::list", b"[7, 8]", b"[2,7]"),
            ("App::nothing", b"{}", b"null"),
            ("App::streams", b'{"raw": 1}', b'{"raw": 1}?'),
            ("streams.Stream", b"1", b"[1]"),
            ("streams.Stream::handleRequest", b"1", b"[1]"),
            ("Generic", b'{"name": "n", "sizes": [1, 2], "unknown": {}}', b'"n2"'),
            (
                "Events",
                b'{"Records": [{"eventSourceARN": "arn", "bucket": {"name": "b", "arn": "c"}, "detail-type": "d"}]}',
                b'"arn b d"',
            ),
        ):
            with self.subTest(handler):
                self.assertEqual(self.bootstrap(handler).answer_of(event).body, answer)

    def test_pojos(self):
        order = {
            "orderId": "x",
            "total": 12345678901234.55,
            "colour": "GREEN",
            "paid": True,
            "at": "2024-05-06T07:08:09Z",
            "items": [{"name": "i", "sizes": [3], "note": "n"}],
            "rates": {"eur": 1.5},
            "data": "AAE=",
        }
        answer = json.loads(self.bootstrap("App::pojo").answer_of(json.dumps(order).encode()).body)
        self.assertEqual(answer, {**order, "total": 12345678901235.55})

    def test_errors(self):
        started = self.bootstrap("App::fails")
        error = started.answer_of(b'{"a": "b"}')
        document = json.loads(error.body)
        self.assertEqual(error.headers["lambda-runtime-function-error-type"], "java.lang.IllegalArgumentException")
        self.assertEqual((document["errorMessage"], document["errorType"]), ("outer", "java.lang.IllegalArgumentException"))
        self.assertEqual([re.sub(r"\d+", "N", frame) for frame in document["stackTrace"]], ["App.fails(App.java:N)"])
        self.assertEqual(document["cause"]["errorMessage"], "inner ü")
        self.assertRegex(document["cause"]["stackTrace"][0], r"^App\.inner\(App\.java:\d+\)$")
        lines = started.lines(3)
        self.assertEqual(lines[0], "outer: java.lang.IllegalArgumentException\x1f")
        self.assertEqual(lines[1], "java.lang.IllegalArgumentException: outer\x1f")
        self.assertRegex(lines[2], r"^\tat App\.fails\(App\.java:\d+\)\x1f$")
        unreadable = json.loads(started.answer_of(b'{"a": ').body)
        self.assertEqual(unreadable["errorMessage"], "An error occurred during JSON parsing")

    def test_a_stack_overflow_ends_the_process(self):
        started = self.bootstrap("App::deep")
        document = json.loads(started.answer_of(b"1").body)
        self.assertEqual(document["errorType"], "java.lang.StackOverflowError")
        self.assertEqual(started.process.wait(PATIENCE), 1)

    def test_failures_to_load(self):
        for handler, kind, message in (
            ("Missing", "java.lang.ClassNotFoundException", "Class not found: Missing"),
            (
                "App::missing",
                "java.lang.NoSuchMethodException",
                "No public method named missing with appropriate method signature found on class App",
            ),
            ("Broken::go", "java.lang.IllegalStateException", "not today"),
            ("Broken", "java.lang.RuntimeException", "Class Broken does not implement an appropriate handler interface."),
        ):
            with self.subTest(handler):
                started = self.bootstrap(handler)
                error = started.take("runtime/init/error")
                document = json.loads(error.body)
                self.assertEqual((document["errorType"], document["errorMessage"]), (kind, message))
                started.give(b"{}", 202)
                self.assertEqual(started.process.wait(PATIENCE), 1)

    def test_logging(self):
        started = self.bootstrap("App::logs")
        started.answer_of(b"1")
        self.assertEqual(started.lines(5), ["two\x1f", "lines", "debug", "error", "plain"])
        log = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        started = self.bootstrap("App::logs", **log)
        started.answer_of(b"1", "id")
        first, second, plain = started.lines(3)
        self.assertEqual(plain, "plain")
        record = json.loads(first)
        self.assertEqual((record["level"], record["message"], record["AWSRequestId"]), ("UNDEFINED", "two\nlines", "id"))
        self.assertEqual(json.loads(second)["level"], "ERROR")

    def test_a_function_that_brings_the_interfaces_too_and_libraries(self):
        with tempfile.TemporaryDirectory() as directory:
            library = Path(directory, "library.jar")
            entries = [name for name in self.classes if name.startswith(("Generic", "Base", "Shapes"))]
            for name in entries:
                Path(directory, name).write_bytes(self.classes[name])
            subprocess.run(["jar", "--create", "--file", library, *[x for n in entries for x in ("-C", directory, n)]], check=True)
            with __import__("zipfile").ZipFile(JAR) as jar:
                core = {name: jar.read(name) for name in jar.namelist() if name.startswith("com/amazonaws/")}
            files = {"lib/library.jar": library.read_bytes(), **core}
            started = self.bootstrap("Generic", files=files)
            self.assertEqual(started.answer_of(b'{"name": "n", "sizes": []}').body, b'"n0"')

    def test_the_trace_id_is_the_events_own(self):
        started = self.bootstrap("App::trace")
        self.assertEqual(started.answer_of(b"1", Lambda_Runtime_Trace_Id="Root=1").body, b'"Root=1"')
        self.assertEqual(started.answer_of(b"1").body, b"null")

    def test_snapstart_hooks(self):
        snap_start = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
        started = self.bootstrap("Snap", **snap_start)
        started.take("runtime/restore/next")
        started.give()
        self.assertEqual(started.answer_of(b"1").body, b'"before 2,before 1,after 1,after 2,"')
        started = self.bootstrap("Snap", FAIL="1", **snap_start)
        started.take("runtime/restore/next")
        started.give()
        error = started.take("runtime/restore/error")
        self.assertEqual(json.loads(error.body)["errorType"], "org.crac.RestoreException")


if __name__ == "__main__":
    unittest.main()
