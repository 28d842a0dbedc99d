namespace Skiff.Agent.Networks.Policies;

/// <summary>Which side of a connection a rule is about.</summary>
internal enum PolicyDirection
{
    /// <summary>Who is called.</summary>
    Ingress,

    /// <summary>Who calls.</summary>
    Egress,
}
