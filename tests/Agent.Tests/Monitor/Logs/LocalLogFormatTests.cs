using System.Text;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LocalLogFormatTests
{
    private static readonly LogEntry s_entry = new(2, true, false, 1_700_000_000_123_456_700);

    [Fact]
    public void A_record_comes_back_as_it_was()
    {
        byte[] bytes = Record("hello\n", s_entry);
        Assert.Equal(LogParse.Whole, new LocalLogFormat().Read(bytes, out LogRecord record, out int used));
        Assert.Equal((bytes.Length, s_entry, "hello\n"), (used, record.Entry, Text(record)));
    }

    [Fact]
    public void A_record_is_incomplete_at_every_split_point()
    {
        byte[] bytes = Record("hello\n", s_entry);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(LogParse.Incomplete, new LocalLogFormat().Read(bytes.AsSpan(0, length), out _, out _));
    }

    [Fact]
    public void Every_flipped_bit_is_noticed_and_the_next_record_found()
    {
        byte[] first = Record("one\n", s_entry), next = Record("two\n", s_entry);
        for (int bit = 0; bit < first.Length * 8; bit++)
        {
            byte[] bytes = [.. first, .. next, .. next];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(["two\n", "two\n"], ReadAll(bytes, out int damaged));
            Assert.Equal(first.Length, damaged);
        }
    }

    [Fact]
    public void Of_a_torn_end_nothing_is_kept_and_nothing_else_is_lost()
    {
        using var folder = new TemporaryFolder();
        byte[] good = [.. Enumerable.Range(0, 5000).SelectMany(i => Record($"line {i}\n", s_entry))];
        byte[] last = Record(new string('x', 3000), s_entry);
        for (int torn = 0; torn < last.Length; torn += torn < 40 ? 1 : 500)
            Assert.Equal(good.Length, GoodEnd(folder, [.. good, .. last.AsSpan(0, torn)]));
        Assert.Equal(good.Length, GoodEnd(folder, [.. good, .. new byte[300_000]]));
        Assert.Equal(0, GoodEnd(folder, new byte[300_000]));
        Assert.Equal(good.Length + last.Length, GoodEnd(folder, [.. good, .. last]));
    }

    [Fact]
    public void Records_behind_a_damaged_one_are_kept()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [.. Record("one\n", s_entry), .. Record("two\n", s_entry)];
        bytes[3] ^= 0x55;
        Assert.Equal(bytes.Length, GoodEnd(folder, bytes));
    }

    private static long GoodEnd(TemporaryFolder folder, byte[] bytes)
    {
        string path = Path.Combine(folder.Path, "log");
        File.WriteAllBytes(path, bytes);
        using Fd file = Files.Open(path, OpenFlags.O_RDONLY);
        return LocalLogDriver.GoodEnd(file);
    }

    private static List<string> ReadAll(ReadOnlySpan<byte> bytes, out int damaged)
    {
        var lines = new List<string>();
        damaged = 0;
        while (new LocalLogFormat().Read(bytes, out LogRecord record, out int used) is var parse
            && parse != LogParse.Incomplete)
        {
            if (parse == LogParse.Whole) lines.Add(Text(record));
            else damaged += used;
            bytes = bytes[used..];
        }
        return lines;
    }

    private static string Text(LogRecord record) => Encoding.UTF8.GetString(record.Line.Span);

    private static byte[] Record(string line, LogEntry entry)
    {
        byte[] text = Encoding.UTF8.GetBytes(line), record = new byte[LocalLogFormat.HeaderBytes + text.Length];
        LocalLogFormat.Write(record, entry, text);
        return record;
    }
}
