namespace Skiff.PowerCut;

/// <summary>The power went while a command ran: whether it was done is not known.</summary>
internal sealed class PowerCutException() : Exception("the power was cut");
