namespace Skiff.Interop.Tests.Libc;

public class KernelTests
{
    [Fact]
    public void Uname_agrees_with_uname_1()
    {
        Uname uname = Uname.Current;
        Assert.Equal(Tool.Run("uname", "-a"),
            $"{uname.System} {uname.NodeName} {uname.Release} {uname.Version} {uname.Machine} GNU/Linux");
        Assert.StartsWith(KernelVersion.Current.ToString(), Tool.Run("uname", "-r"));
    }

    [Theory]
    [InlineData("6.12.3-amd64", 6, 12)]
    [InlineData("6.1.0-28-cloud-arm64", 6, 1)]
    [InlineData("5.10", 5, 10)]
    [InlineData("6.18.44-fc-v669", 6, 18)]
    [InlineData("6.13-rc2", 6, 13)]
    [InlineData("4.4.302+", 4, 4)]
    [InlineData("7", 7, 0)]
    [InlineData("", 0, 0)]
    public void Release_is_parsed(string release, int major, int minor) =>
        Assert.Equal(new Version(major, minor), KernelVersion.Parse(release));
}
