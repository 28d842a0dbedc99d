namespace Skiff.Agent.Images;

/// <summary>What a check of the whole store found.</summary>
internal sealed class StoreReport
{
    /// <summary>Images with a record.</summary>
    public int Images { get; set; }

    /// <summary>Documents that were hashed.</summary>
    public int Documents { get; set; }

    /// <summary>Layers that were hashed.</summary>
    public int Layers { get; set; }

    /// <summary>Bytes of layers that were hashed.</summary>
    public long Bytes { get; set; }

    /// <summary>What is wrong, in the order of discovery.</summary>
    public List<StoreDefect> Defects { get; } = [];

    /// <summary>What is not wrong but worth knowing: documents and layers that nothing needs.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Whether nothing is wrong, or nothing any more.</summary>
    public bool IsClean => Defects.TrueForAll(static defect => defect.Repair is not null);
}
