using System.Text.RegularExpressions;

namespace Skiff.System.Tests;

/// <summary>What tcpdump, which knows nothing of Skiff, sees on a link, a line a packet.</summary>
internal sealed class PacketCapture : IDisposable
{
    private readonly Command _command;
    private readonly string _path;

    /// <summary>Captures until disposal; what is sent once this returns is seen.</summary>
    /// <param name="host">Where the lines are kept.</param>
    /// <param name="pid">A process in the link's network namespace.</param>
    /// <param name="link">The link.</param>
    /// <param name="filter">Of pcap-filter(7).</param>
    public PacketCapture(SkiffHost host, int pid, string link, string filter)
    {
        _path = Path.Combine(host.NewFolder(), "packets");
        _command = Command.Start("nsenter", ["--target", $"{pid}", "--net", "timeout", "120", "/bin/bash", "-c",
            "exec tcpdump -nn -l --immediate-mode -i \"$1\" \"$2\" > \"$3\" 2> \"$3.log\"",
            "bash", link, filter, _path]);
        Wait.Until(() => File.Exists($"{_path}.log") && File.ReadAllText($"{_path}.log").Contains("listening on"),
            $"tcpdump listens on {link}", 30);
    }

    /// <summary>The packets so far.</summary>
    public string[] Lines => File.ReadAllLines(_path);

    /// <summary>Waits for a packet whose line this pattern matches; packets that came before it are there as well.
    /// </summary>
    public void Sees(string pattern) => Wait.Until(() => Array.Exists(Lines, line => Regex.IsMatch(line, pattern)),
        () => $"a packet is like {pattern}:\n{string.Join('\n', Lines)}", 20);

    /// <summary>Fails when there is a packet whose line this pattern matches.</summary>
    public void HasNot(string pattern) =>
        Assert.DoesNotContain(Lines, line => Regex.IsMatch(line, pattern));

    public void Dispose() => _command.Dispose();
}
