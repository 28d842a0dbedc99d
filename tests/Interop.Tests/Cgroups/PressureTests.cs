using Skiff.Interop.Cgroups;

namespace Skiff.Interop.Tests.Cgroups;

public sealed class PressureTests
{
    [Fact]
    public void Both_lines_of_a_pressure_file_are_read()
    {
        const string text = "some avg10=12.34 avg60=0.50 avg300=0.00 total=123456789\n"
            + "full avg10=1.00 avg60=0.00 avg300=0.00 total=42";
        Assert.True(Pressure.TryParse(text, out Pressure pressure));
        Assert.Equal(new Pressure(12.34, 123456789, 1, 42), pressure);
    }

    [Theory]
    [InlineData("some avg60=0.50 total=1")]
    [InlineData("some avg10=x total=1")]
    [InlineData("nonsense")]
    public void What_is_no_pressure_file_is_refused(string text) => Assert.False(Pressure.TryParse(text, out _));
}
