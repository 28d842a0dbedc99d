using System.Text;
using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class HostProgramTests
{
    [Fact]
    public void Program_gets_its_input_and_gives_its_output_and_status()
    {
        (ExitStatus status, byte[] output) =
            HostProgram.Run("/bin/sh", ["-c", "read -r x; echo \"<$x>$1\"; exit 7", "sh", "y"], "in\nmore"u8);
        Assert.Equal(("<in>y\n", 7), (Encoding.UTF8.GetString(output), status.Code));
    }

    [Fact]
    public void Program_that_does_not_read_its_input_is_no_failure()
    {
        (ExitStatus status, byte[] output) = HostProgram.Run("/bin/true", [], new byte[60_000]);
        Assert.Equal((0, 0), (status.ShellCode, output.Length));
    }

    [Fact]
    public void Program_has_the_environment_of_its_parent() => Assert.Equal(
        Environment.GetEnvironmentVariable("PATH") + "\n",
        Encoding.UTF8.GetString(HostProgram.Run("/bin/sh", ["-c", "echo \"$PATH\""], []).Output));

    [Fact]
    public void Program_that_cannot_be_run_is_an_error() =>
        Assert.Contains("ENOENT", Assert.ThrowsAny<Exception>(() => HostProgram.Run("/no/such", [], [])).Message);

    [Theory]
    [InlineData("sh", "/nowhere::/bin", "/bin/sh")]
    [InlineData("sh", "/nowhere", null)]
    [InlineData("passwd", "/etc", null)]
    [InlineData("sh", null, null)]
    public void Program_is_found_in_the_directories_of_path(string name, string? path, string? expected) =>
        Assert.Equal(expected, HostProgram.Find(name, path));
}
