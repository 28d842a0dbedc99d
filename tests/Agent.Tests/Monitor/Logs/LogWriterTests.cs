using System.Text;
using Skiff.Agent.Monitor.Logs;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LogWriterTests
{
    private readonly RecordingDriver _driver = new();

    [Fact]
    public void Lines_are_the_same_however_the_output_is_split()
    {
        byte[] output = Encoding.Latin1.GetBytes($"one\n\ntwo\n{new string('x', 20_000)}\nlast");
        for (int split = 0; split < output.Length; split += split is > 12 and < 20_000 ? 997 : 1)
        {
            var driver = new RecordingDriver();
            using (var writer = new LogWriter(new LossyDriver(driver)))
            {
                writer.Append(1, output.AsSpan(0, split), 1);
                writer.Append(2, "err\n"u8, 1);
                writer.Append(1, output.AsSpan(split), 2);
            }
            var lines = driver.Lines.Where(l => l.Entry.Stream == 1).ToList();
            Assert.Equal(["one\n", "\n", "two\n", new string('x', LogEntry.MaxBytes),
                new string('x', 20_000 - LogEntry.MaxBytes) + "\n", "last"], lines.Select(l => l.Line));
            Assert.Equal([(false, false), (false, false), (false, false), (true, false), (false, true), (false, false)],
                lines.Select(l => (l.Entry.Continues, l.Entry.Continued)));
            Assert.Equal("err\n", driver.Text(2));
        }
    }

    [Theory]
    [InlineData("ü")]
    [InlineData("€")]
    [InlineData("🙂")]
    public void A_character_is_not_cut_in_two(string character)
    {
        for (int before = 0; before < 5; before++)
        {
            var driver = new RecordingDriver();
            string text = new string('a', LogEntry.MaxBytes - before) + character + "b\n";
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            foreach (int first in (int[])[bytes.Length, 100, LogEntry.MaxBytes - 1])
            {
                using var writer = new LogWriter(new LossyDriver(driver));
                writer.Append(1, bytes.AsSpan(0, first), 1);
                writer.Append(1, bytes.AsSpan(first), 1);
            }
            foreach (var (_, line) in driver.Lines)
                Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line)));
            Assert.Equal(3 * bytes.Length, driver.Text(1).Length);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_kept_as_they_are()
    {
        byte[] bytes = new byte[100_000];
        Array.Fill(bytes, (byte)0xE2);
        using (var writer = new LogWriter(new LossyDriver(_driver))) writer.Append(1, bytes, 1);
        Assert.Equal(Encoding.Latin1.GetString(bytes), _driver.Text(1));
    }

    [Theory]
    [InlineData(true, 14)]
    [InlineData(false, 10)]
    public void With_a_line_is_lost_what_was_kept_and_nothing_else(bool keeps, int bytes)
    {
        var driver = new RecordingDriver { Keeps = keeps };
        var lossy = new LossyDriver(driver);
        lossy.Write(new LogEntry(1, false, false, 1), "one\n"u8);
        driver.Fails = true;
        lossy.Write(new LogEntry(1, false, false, 1), "two\nthree\n"u8);
        driver.Fails = false;
        lossy.Flush();
        Assert.StartsWith($"skiff: {bytes} bytes", driver.Text(2));
        driver.Fails = true;
        lossy.Write(new LogEntry(1, false, false, 1), "four\n"u8);
        lossy.Dispose();
        Assert.True(driver.IsDisposed);
    }

    [Fact]
    public void What_could_not_be_written_is_counted_and_told_of()
    {
        using var writer = new LogWriter(new LossyDriver(_driver));
        writer.Append(1, "one\n"u8, 1);
        _driver.Fails = true;
        writer.Append(1, "two\nthree\n"u8, 1);
        _driver.Fails = false;
        writer.Append(1, "four\n"u8, 1);
        Assert.Equal("one\nfour\n", _driver.Text(1));
        Assert.StartsWith("skiff: 10 bytes of the log are missing here: write", _driver.Text(2));
    }

    [Fact]
    public void Of_a_line_that_is_broken_in_two_nothing_is_logged()
    {
        using var writer = new LogWriter(new LossyDriver(_driver));
        writer.Append(1, "one\ntw"u8, 1);
        writer.Lose(1, 5, "full");
        writer.Append(1, "o of it\nthree\n"u8, 1);
        Assert.Equal("one\nthree\n", _driver.Text(1));
        Assert.Equal("skiff: 15 bytes of the log are missing here: full\n", _driver.Text(2));
    }
}
