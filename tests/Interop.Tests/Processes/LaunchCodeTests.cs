using System.Text;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

/// <summary>The byte tables against what an assembler makes of the sources beside this file.</summary>
public class LaunchCodeTests
{
    [Fact]
    public void Bytes_for_x64_are_what_the_assembler_makes_of_the_source()
    {
        AssertAssembles("launch", "x64", LaunchCode.X64.ToArray());
        AssertAssembles("init", "x64", ContainerInit.X64.ToArray());
        AssertAssembles("hold", "x64", UserNamespaceCode.HoldX64.ToArray());
        AssertAssembles("enter", "x64", UserNamespaceCode.EnterX64.ToArray());
    }

    [Fact]
    public void Bytes_for_arm64_are_what_the_assembler_makes_of_the_source()
    {
        AssertAssembles("launch", "arm64", LaunchCode.Arm64.ToArray());
        AssertAssembles("init", "arm64", ContainerInit.Arm64.ToArray());
        AssertAssembles("hold", "arm64", UserNamespaceCode.HoldArm64.ToArray());
        AssertAssembles("enter", "arm64", UserNamespaceCode.EnterArm64.ToArray());
    }

    private static void AssertAssembles(string name, string architecture, byte[] expected)
    {
        string[] assemblers =
            [$"/usr/bin/{(architecture == "x64" ? "x86_64" : "aarch64")}-linux-gnu-as", "/usr/bin/as"];
        bool native = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString()
            .Equals(architecture, StringComparison.OrdinalIgnoreCase);
        string? assembler = Array.Find(native ? assemblers : assemblers[..1], File.Exists);
        Assert.SkipWhen(assembler is null,
            $"no assembler for {architecture} here (package binutils-aarch64-linux-gnu)");
        string source = Path.Combine(AppContext.BaseDirectory, "Processes", $"{name}.{architecture}.S");
        using var image = new TemporaryFile();
        var (output, status) = Run.Captured(assembler!, ["as", "-o", image.Path, source], ["PATH=/usr/bin:/bin"]);
        Assert.True(status == default, $"{status}: {output}");
        Assert.Equal(Convert.ToHexString(expected),
            Convert.ToHexString(CHeaders.ElfSection(File.ReadAllBytes(image.Path), ".text\0"u8)));
    }
}
