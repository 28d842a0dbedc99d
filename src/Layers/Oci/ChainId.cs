using System.Security.Cryptography;
using System.Text;

namespace Skiff.Layers.Oci;

/// <summary>Names of stacks of layers (image-spec config.md, "Layer ChainID").</summary>
public static class ChainId
{
    /// <summary>The ChainIds of a list of layers, base first: each names the stack up to and including its
    /// layer.</summary>
    public static Digest[] Of(IReadOnlyList<Digest> diffIds)
    {
        var chain = new Digest[diffIds.Count];
        for (int i = 0; i < chain.Length; i++)
            chain[i] = i == 0 ? diffIds[0]
                : Digest.FromBytes(SHA256.HashData(Encoding.ASCII.GetBytes($"{chain[i - 1]} {diffIds[i]}")));
        return chain;
    }
}
