using System.Runtime.InteropServices;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>What the tables and layouts of this folder claim by position, which no constant's name tells.</summary>
public class ProcessHeaderTests
{
    [Theory]
    [InlineData("x64")]
    [InlineData("arm64")]
    public void Positions_in_the_name_tables_are_the_numbers_of_the_kernel_headers(string architecture)
    {
        var rows = new List<(string Name, long Value)>();
        for (int resource = 0; Rlimits.NameOf(resource) is var name && !char.IsAsciiDigit(name[0]); resource++)
            rows.Add(($"RLIMIT_{name.ToUpperInvariant()}", resource));
        for (int signal = 1; signal < 32; signal++) rows.Add((Signals.NameOf(signal), signal));
        for (int bit = 0; bit < Capabilities.Known; bit++) rows.Add((Capabilities.NameOf(bit), bit));
        long[] values = CHeaders.Evaluate(
            architecture, ["linux/capability.h", "asm/signal.h", "asm/resource.h"], rows.ConvertAll(row => row.Name));
        Assert.Equal(rows.ConvertAll(row => row.Value), values);
    }

    [Fact]
    public unsafe void Steps_and_header_are_laid_out_as_the_machine_code_reads_them()
    {
        Assert.Equal(112, sizeof(NativeStep));
        Assert.Equal(
            [0, 8, 56, 64, 68, 72, 76, 80, 96],
            Array.ConvertAll(
                ["Number", "Arguments", "Result", "Indirect", "SkipAfterSuccess", "SkipAfterListed", "SkipAfterOther",
                    "ListedLow", "ListedHigh"],
                field => (int)Marshal.OffsetOf<NativeStep>(field)));
        Assert.Equal(
            [0, 8, 16], Array.ConvertAll(["First", "Current", "Outcome"],
                field => (int)Marshal.OffsetOf<LaunchHeader>(field)));
    }
}
