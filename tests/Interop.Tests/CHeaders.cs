namespace Skiff.Interop.Tests;

/// <summary>
/// Values of C expressions as the kernel's headers give them. They are compiled into an object file and read from
/// there, not run, so the headers of another architecture can be asked as well.
/// </summary>
internal static class CHeaders
{
    /// <summary>
    /// Evaluates constant expressions; the test is skipped when no compiler for the architecture is installed.
    /// </summary>
    /// <param name="architecture">x64 or arm64.</param>
    /// <param name="headers">Header names, included in this order.</param>
    /// <param name="expressions">Constant expressions of C.</param>
    internal static long[] Evaluate(string architecture, string[] headers, IReadOnlyList<string> expressions)
    {
        string compiler = (architecture == "arm64" ? "aarch64" : "x86_64") + "-linux-gnu-gcc";
        Assert.SkipUnless(Tool.Exists(compiler), $"no {compiler} here (packages gcc-{compiler[..^4]}, libc6-dev)");
        using var directory = new TemporaryDirectory();
        string source = Path.Combine(directory.Path, "values.c"), image = Path.Combine(directory.Path, "values.o");
        File.WriteAllText(source,
            "#define _GNU_SOURCE\n" + string.Concat(headers.Select(name => $"#include <{name}>\n"))
            + "#include <stddef.h>\n__attribute__((section(\".values\"))) const long long values[] = {\n"
            + string.Concat(expressions.Select(expression => $"(long long)({expression}),\n")) + "};\n");
        Tool.Run(compiler, "-c", "-o", image, source);
        byte[] values = ElfSection(File.ReadAllBytes(image), ".values\0"u8);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(values).ToArray();
    }

    /// <summary>A section of a 64-bit little-endian ELF file; the name ends with a NUL.</summary>
    internal static byte[] ElfSection(byte[] image, ReadOnlySpan<byte> wanted)
    {
        // Section headers are 64 bytes: name, type, flags, address, offset at 24, size at 32, ...
        int table = (int)BitConverter.ToInt64(image, 40), names = BitConverter.ToUInt16(image, 62);
        int nameTable = (int)BitConverter.ToInt64(image, table + names * 64 + 24);
        for (int i = 0; i < BitConverter.ToUInt16(image, 60); i++)
        {
            int header = table + i * 64, name = nameTable + BitConverter.ToInt32(image, header);
            if (!image.AsSpan(name).StartsWith(wanted)) continue;
            int offset = (int)BitConverter.ToInt64(image, header + 24), size = (int)BitConverter.ToInt64(image,
                header + 32);
            return image.AsSpan(offset, size).ToArray();
        }
        throw new InvalidOperationException("no such section");
    }
}
