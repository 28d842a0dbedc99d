namespace Skiff.Agent.Networks;

/// <summary>A sysctl of the host that the engine has set.</summary>
/// <param name="Name">As sysctl(8) calls it.</param>
/// <param name="Before">What it was.</param>
/// <param name="Now">What it was set to.</param>
internal sealed record SysctlChange(string Name, string Before, string Now);
