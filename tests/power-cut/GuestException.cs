namespace Skiff.PowerCut;

/// <summary>A command of the engine failed that must not.</summary>
internal sealed class GuestException(string message) : Exception(message);
