using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Fuzz;

/// <summary>What every refusal has to be like, whatever was refused.</summary>
internal static class Refusals
{
    /// <summary>No character that a terminal acts upon, and not endless.</summary>
    internal static void AssertReadable(ImageException e)
    {
        int control = e.Message.AsSpan().IndexOfAnyInRange('\0', '\x1f');
        if (control < 0) control = e.Message.AsSpan().IndexOfAnyInRange('\x7f', '\x9f');
        Assert.True(control < 0, $"control character at {control} of the message: {Uri.EscapeDataString(e.Message)}");
        Assert.InRange(e.Message.Length, 1, 2000);
    }
}
