using System.Text;
using Skiff.Agent.Monitor.Logs;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class JsonLogFormatTests
{
    // 2026-11-26T14:25:34.4939036Z
    private static readonly LogEntry s_entry = new(1, false, false, 1_795_703_134_493_903_600);

    // The lines that docker 28 wrote for the same output.
    [Theory]
    [InlineData("one\t\u0001\u001b\"\\<&>ü\n", """{"log":"one\u0009\u0001\u001b\"\\\u003c\u0026\u003eü\n",""")]
    [InlineData("a\rb\u2028\u007f\n", """{"log":"a\rb\u2028DEL\n",""")]
    [InlineData("", """{"log":"",""")]
    public void Lines_are_written_as_docker_does(string line, string expected)
    {
        string json = Write(Encoding.UTF8.GetBytes(line), []);
        Assert.Equal(expected.Replace("DEL", "\u007f")
            + "\"stream\":\"stdout\",\"time\":\"2026-11-26T14:25:34.4939036Z\"}\n", json);
    }

    [Fact]
    public void What_is_not_text_is_replaced_as_docker_does() =>
        Assert.StartsWith("{\"log\":\"ü\\ufffd\\ufffd\\n\"", Write([0xC3, 0xBC, 0xE2, 0x82, (byte)'\n'], []));

    [Fact]
    public void Attributes_stand_between_stream_and_time()
    {
        byte[] attributes = JsonLogFormat.Attributes(
            new Dictionary<string, string> { ["tag"] = "l5/1", ["X"] = "y&ü\"", ["a"] = "b c" });
        Assert.EndsWith("\"stream\":\"stdout\",\"attrs\":{\"X\":\"y\\u0026ü\\\"\",\"a\":\"b c\",\"tag\":\"l5/1\"},"
            + "\"time\":\"2026-11-26T14:25:34.4939036Z\"}\n", Write("x\n"u8.ToArray(), attributes));
    }

    [Fact]
    public void A_record_comes_back_and_is_incomplete_at_every_split_point()
    {
        byte[] attributes = JsonLogFormat.Attributes(new Dictionary<string, string> { ["a"] = "b" });
        byte[] json = Encoding.UTF8.GetBytes(Write("tab\t ü \"x\" <\n"u8.ToArray(), attributes));
        for (int length = 0; length < json.Length; length++)
            Assert.Equal(LogParse.Incomplete, new JsonLogFormat().Read(json.AsSpan(0, length), out _, out _));
        Assert.Equal(LogParse.Whole, new JsonLogFormat().Read(json, out LogRecord record, out int used));
        Assert.Equal((json.Length, s_entry, "tab\t ü \"x\" <\n"),
            (used, record.Entry, Encoding.UTF8.GetString(record.Line.Span)));
        Assert.Equal("b", record.Attributes!["a"]);
    }

    [Fact]
    public void The_piece_of_a_line_goes_on() =>
        Assert.True(Read("""{"log":"part","stream":"stderr","time":"2026-01-01T00:00:00Z"}""", out LogRecord record)
            && record.Entry is { Continues: true, Stream: 2 });

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("[]")]
    [InlineData("""{"log":"a","stream":"stdout"}""")]
    [InlineData("""{"log":1,"stream":"stdout","time":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"log":"a","stream":"stdout","time":"yesterday"}""")]
    [InlineData("""{"log":"a","stream":"stdout","time":"2026-01-01T00:00:00Z""")]
    [InlineData("\0\0\0\0")]
    public void A_damaged_line_is_passed_over(string line) => Assert.False(Read(line, out _));

    [Fact]
    public void The_longest_line_of_the_worst_bytes_fits()
    {
        byte[] line = new byte[LogEntry.MaxBytes];
        byte[] room = new byte[JsonLogDriver.BatchBytes([])];
        int length = JsonLogFormat.Write(room, s_entry, line, []);
        Assert.Equal(LogParse.Whole, new JsonLogFormat().Read(room.AsSpan(0, length), out LogRecord record, out _));
        Assert.Equal(line, record.Line.ToArray());
    }

    private static bool Read(string line, out LogRecord record)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + "\n");
        LogParse parse = new JsonLogFormat().Read(bytes, out record, out int used);
        Assert.Equal(bytes.Length, used);
        return parse == LogParse.Whole;
    }

    private static string Write(byte[] line, byte[] attributes)
    {
        byte[] room = new byte[JsonLogFormat.MaxBytes(line.Length, attributes.Length)];
        return Encoding.UTF8.GetString(room.AsSpan(0, JsonLogFormat.Write(room, s_entry, line, attributes)));
    }
}
