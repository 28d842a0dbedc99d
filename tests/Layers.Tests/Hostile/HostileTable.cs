namespace Skiff.Layers.Tests.Hostile;

/// <summary>All rows, in the order of what they attack.</summary>
internal static class HostileTable
{
    internal static IReadOnlyList<HostileRow> All { get; } =
    [
        .. Rows("path", PathRows.All), .. Rows("name", NameRows.All), .. Rows("symlink", SymlinkRows.All),
        .. Rows("swap", SwapRows.All), .. Rows("hard link", HardLinkRows.All), .. Rows("whiteout", WhiteoutRows.All),
        .. Rows("header", HeaderRows.All), .. Rows("number", NumberRows.All), .. Rows("pax", PaxRows.All),
        .. Rows("xattr", XattrRows.All), .. Rows("end", EndRows.All), .. Rows("gzip", GzipRows.All),
        .. Rows("zstd", ZstdRows.All), .. Rows("sparse", SparseRows.All), .. Rows("digest", DigestRows.All),
        .. Rows("limit", LimitRows.All),
    ];

    private static IEnumerable<HostileRow> Rows(string what, IEnumerable<HostileRow> rows) =>
        rows.Select(row => row with { Name = $"{what}: {row.Name}" });
}
