namespace Skiff.Interop.Seccomp;

/// <summary>How an argument of a system call is compared (SCMP_CMP_*); arguments are unsigned 64-bit numbers.</summary>
public enum SeccompOperator
{
    /// <summary>Equal.</summary>
    EQ,

    /// <summary>Not equal.</summary>
    NE,

    /// <summary>Less.</summary>
    LT,

    /// <summary>Less or equal.</summary>
    LE,

    /// <summary>Greater.</summary>
    GT,

    /// <summary>Greater or equal.</summary>
    GE,

    /// <summary>Equal under a mask: <c>(argument &amp; value) == (valueTwo &amp; value)</c>.</summary>
    MASKED_EQ,
}
