namespace Skiff.System.Tests;

/// <summary>What a <see cref="LeaseServer"/> does from its turn on.</summary>
public enum LeaseTurn
{
    /// <summary>It has not turned yet.</summary>
    None,

    /// <summary>It renews nothing and gives the second address instead.</summary>
    Changes,

    /// <summary>It refuses, and gives the second address to who begins anew.</summary>
    Refuses,

    /// <summary>It says nothing any more.</summary>
    Silent,
}
