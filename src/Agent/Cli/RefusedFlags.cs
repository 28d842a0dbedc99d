using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Flags of docker's that this engine knows and cannot do, each with the reason.</summary>
internal static class RefusedFlags
{
    private const string Windows = "is only supported on a Docker daemon running on windows";

    private static readonly string[] s_numbers = ["cpu-count", "cpu-percent", "io-maxiops"];

    private static readonly (string Option, string[] Fine, string Why)[] s_rows =
    [
        ("cpu-count", ["0"], Windows),
        ("cpu-percent", ["0"], Windows),
        ("io-maxbandwidth", ["0"], Windows),
        ("io-maxiops", ["0"], Windows),
        ("isolation", ["", "default"], "is not supported on Linux: only default is"),
        ("runtime", ["", "runc", "skiff", "io.containerd.runc.v2"],
            "is not supported: Skiff starts containers itself (leave it out, or give runc or skiff)"),
        ("use-api-socket", ["false"], "is not supported: there is no API socket in this version"),
        ("volume-driver", ["", "local"], "is not supported: this version knows the driver local"),
    ];

    /// <summary>Refuses what was given and means something else than it would do here.</summary>
    /// <exception cref="UsageException">Names the flag and the reason.</exception>
    public static void Check(ParsedArguments a)
    {
        foreach (string number in s_numbers) a.Number(number);
        a.Bytes("io-maxbandwidth");
        foreach (var (option, fine, why) in s_rows)
            if (a.Value(option) is { } value && Array.IndexOf(fine, value) < 0)
                throw new UsageException($"\"--{option}\" {why}");
    }
}
