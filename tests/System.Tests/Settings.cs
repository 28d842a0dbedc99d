namespace Skiff.System.Tests;

/// <summary>What the environment says about a run of tests.</summary>
internal static class Settings
{
    /// <summary>A number, or null when the variable has none.</summary>
    public static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : null;
}
