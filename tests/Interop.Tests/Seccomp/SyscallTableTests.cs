using System.Diagnostics;
using Skiff.Interop.Seccomp;

namespace Skiff.Interop.Tests.Seccomp;

/// <summary>The number tables against the kernel headers of this machine, as gcc reads them.</summary>
public sealed class SyscallTableTests
{
    [Theory]
    [InlineData("x86_64", "asm/unistd_64.h", "/usr/include/x86_64-linux-gnu", "")]
    [InlineData("x32", "asm/unistd_x32.h", "/usr/include/x86_64-linux-gnu", "-D__X32_SYSCALL_BIT=0")]
    [InlineData("x86", "asm/unistd_32.h", "/usr/include/x86_64-linux-gnu", "")]
    [InlineData("aarch64", "asm/unistd.h", "/usr/aarch64-linux-gnu/include", "-D__aarch64__ -D__LP64__")]
    [InlineData("arm", "asm/unistd.h", "/usr/arm-linux-gnueabihf/include", "-U__x86_64__ -D__arm__ -D__ARM_EABI__")]
    public void Numbers_are_those_of_the_kernel_headers(string arch, string header, string include, string defines)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(include, header)),
            $"no {include}/{header} (linux-libc-dev-*-cross)");
        var table = SyscallTable.All(Enum.Parse<SeccompArch>(arch)).ToDictionary(row => row.Name, row => row.Slot);
        List<(string Name, long Number)> headers = Read(header, include, defines);
        Assert.True(headers.Count > 300, $"only {headers.Count} names in {header}");
        foreach ((string name, long number) in headers)
        {
            Assert.True(table.TryGetValue(name, out int slot), $"{arch}: {name} is not in the table");
            Assert.True(number == (slot < 768 ? slot : 0xF0000 + slot - 768),
                $"{arch}: {name} is {number}, table {slot}");
        }
        var known = headers.Select(row => row.Name).ToHashSet();
        // Calls newer than the headers: one number everywhere from 424 on; uretprobe and uprobe are x86-64's own.
        foreach ((string name, int slot) in table)
            Assert.True(known.Contains(name) || slot > 446
                || name is "uretprobe" or "uprobe", $"{arch}: {name} {slot} is in no header");
    }

    [Fact]
    public void Unknown_names_are_not_found()
    {
        Assert.Equal(-1, SyscallTable.Find("no_such_call"u8));
        Assert.Equal(-1, SyscallTable.Find(""u8));
    }

    private static List<(string Name, long Number)> Read(string header, string include, string defines)
    {
        List<string> names = [];
        foreach (string line in Gcc(include, defines + " -dM", $"#include <{header}>\n"))
            if (line.Split(' ') is ["#define", var macro, ..] && Name(macro) is not null) names.Add(macro);
        string source = $"#include <{header}>\n" + string.Concat(names.Select(macro => $"@{Name(macro)} {macro}\n"));
        var rows = new List<(string, long)>();
        foreach (string line in Gcc(include, defines + " -P", source))
            if (line.StartsWith('@')) rows.Add((line[1..line.IndexOf(' ')], Sum(line[(line.IndexOf(' ') + 1)..])));
        return rows;
    }

    private static string? Name(string macro)
    {
        string? name = macro.StartsWith("__NR_", StringComparison.Ordinal) ? macro[5..]
            : macro.StartsWith("__ARM_NR_", StringComparison.Ordinal) ? macro[9..] : null;
        return name is null or "SYSCALL_BASE" or "SYSCALL_MASK" or "OABI_SYSCALL_BASE" or "BASE" or "syscalls"
            or "arch_specific_syscall" ? null : name;
    }

    /// <summary>The headers' numbers are sums such as <c>(0 + 0x0f0000)+1</c>.</summary>
    private static long Sum(string text) => text.Replace("(", "").Replace(")", "").Split('+')
        .Select(term => term.Trim() is var t && t.StartsWith("0x", StringComparison.Ordinal)
            ? Convert.ToInt64(t, 16) : long.Parse(t, System.Globalization.CultureInfo.InvariantCulture)).Sum();

    private static string[] Gcc(string include, string options, string source)
    {
        var info = new ProcessStartInfo("gcc", $"-E -nostdinc -I{include} -I/usr/include {options} -x c -")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process gcc = Process.Start(info)!;
        gcc.StandardInput.Write(source);
        gcc.StandardInput.Close();
        string text = gcc.StandardOutput.ReadToEnd();
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return text.Split('\n');
    }
}
