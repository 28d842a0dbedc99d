using System.Globalization;
using Skiff.Interop;

namespace Skiff.Agent.Manager;

/// <summary>What an interface has carried (proc(5), /proc/PID/net/dev).</summary>
/// <param name="Name">The interface.</param>
/// <param name="Counters">The columns: bytes, packets, errors, drops and four more, first of what was received, then of
/// what was sent.</param>
internal sealed record InterfaceUse(string Name, long[] Counters)
{
    /// <summary>Where the counters of what was sent begin.</summary>
    public const int Sent = 8;

    /// <summary>The interfaces of the network namespace of a process, without its loopback; none when it has ended.
    /// </summary>
    public static List<InterfaceUse> Of(int pid)
    {
        var interfaces = new List<InterfaceUse>();
        if (Files.TryReadAllText(Fd.Cwd, $"/proc/{pid}/net/dev", out string text) != Errno.None) return interfaces;
        foreach (string line in text.Split('\n'))
        {
            int colon = line.IndexOf(':');
            if (colon < 0 || line[..colon].Trim() is var name && name == "lo") continue;
            string[] numbers = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (numbers.Length >= 2 * Sent) interfaces.Add(new InterfaceUse(name, Array.ConvertAll(numbers, Number)));
        }
        return interfaces;
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
