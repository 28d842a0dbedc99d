using System.Text;
using Skiff.Agent.Monitor.Logs;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LogFormatFuzzTests
{
    private const int Rounds = 3000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_is_in_a_file_reading_it_ends(bool isJson)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Sound(random, isJson);
            for (int i = random.Next(4); i > 0; i--) Damage(random, ref bytes);
            ILogFormat format = isJson ? new JsonLogFormat() : new LocalLogFormat();
            int at = 0;
            while (format.Read(bytes.AsSpan(at), out _, out int used) != LogParse.Incomplete)
            {
                Assert.True(used > 0 && at + used <= bytes.Length, $"seed {seed}, round {round}");
                at += used;
            }
        }
    }

    private static void Damage(Random random, ref byte[] bytes)
    {
        if (bytes.Length == 0) return;
        switch (random.Next(3))
        {
            case 0: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
            case 1: bytes = bytes[..random.Next(bytes.Length)]; break;
            default: bytes = [.. bytes, .. bytes[random.Next(bytes.Length)..]]; break;
        }
    }

    private static byte[] Sound(Random random, bool isJson)
    {
        var bytes = new List<byte>();
        for (int i = random.Next(6); i > 0; i--)
        {
            byte[] line = Encoding.UTF8.GetBytes(new string('x', random.Next(50)) + "\n");
            var entry = new LogEntry((byte)random.Next(1, 3), random.Next(2) == 0, false, random.NextInt64(1L << 60));
            byte[] record = new byte[JsonLogFormat.MaxBytes(line.Length, 0)];
            int length = LocalLogFormat.HeaderBytes + line.Length;
            if (isJson) length = JsonLogFormat.Write(record, entry, line, []);
            else LocalLogFormat.Write(record, entry, line);
            bytes.AddRange(record[..length]);
        }
        return [.. bytes];
    }
}
