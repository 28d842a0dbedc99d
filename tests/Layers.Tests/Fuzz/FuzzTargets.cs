namespace Skiff.Layers.Tests.Fuzz;

/// <summary>The table of targets.</summary>
internal static class FuzzTargets
{
    /// <summary>Name, how to open it, and how many cases the short form runs.</summary>
    internal static (string Name, Func<FuzzTarget> Open, int ShortCount)[] All { get; } =
    [
        ("tar", () => new TarTarget(), 2000),
        ("pax", () => new PaxTarget(), 3000),
        ("inflate", () => new InflateTarget(), 500),
        ("gzip", () => new GzipTarget(), 100),
        ("zstd", () => new ZstdTarget(), 300),
        ("resume", () => new ResumeTarget(), 80),
        ("erofs", () => new ErofsTarget(), 10),
        ("stores", () => new StoresTarget(), 20),
        ("json", () => new JsonTarget(), 3000),
        ("reference", () => new ReferenceTarget(), 5000),
        ("settings", () => new SettingsTarget(), 3000),
        ("signatures", () => new SignatureTarget(), 1000),
    ];

    internal static IEnumerable<string> Names => All.Select(row => row.Name);
}
