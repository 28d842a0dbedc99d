using System.Net;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>Networks whose containers not everyone may reach from outside.</summary>
internal sealed partial class Ruleset
{
    private const string Restricted = "restricted";

    private void AddAllowedSets(NftBatch batch)
    {
        batch.AddSet(table, new NftSet { Name = Restricted, Key = [NftDataType.InterfaceName] });
        foreach (RulesetFamily family in RulesetFamily.All)
            batch.AddSet(table, new NftSet
            {
                Name = family.Allowed, Key = [NftDataType.InterfaceName, family.AddressType], IsInterval = true,
            });
    }

    private void WriteAllowed(NftBatch batch, ReadOnlySpan<byte> bridge, IPNetwork[] allowed, bool add)
    {
        WriteElement(batch, Restricted, bridge, add);
        Span<byte> first = stackalloc byte[NameSize + 16], last = stackalloc byte[NameSize + 16];
        bridge.CopyTo(first);
        bridge.CopyTo(last);
        foreach (RulesetFamily family in RulesetFamily.All)
            for (int i = 0; i < allowed.Length; i++)
            {
                IPNetwork network = allowed[i];
                if (!family.Has(network.BaseAddress) || IsWithinAnother(i, allowed)) continue;
                network.BaseAddress.TryWriteBytes(first[NameSize..], out int length);
                AddressNumber.LastAddressOf(network).CopyTo(last[NameSize..]);
                Begin(batch, family.Allowed, add);
                batch.Element(first[..(NameSize + length)], lastKey: last[..(NameSize + length)]);
                batch.EndElements();
            }
    }

    // Ranges of a set may not overlap. Of equal ones the first stays.
    private static bool IsWithinAnother(int index, IPNetwork[] all)
    {
        for (int i = 0; i < all.Length; i++)
            if (all[i].Contains(all[index].BaseAddress) && (all[i].PrefixLength < all[index].PrefixLength
                || i < index && all[i].PrefixLength == all[index].PrefixLength)) return true;
        return false;
    }

    // Established connections have passed already; containers of the same network too.
    private static void NotAllowed(NftBatch batch, RulesetFamily family)
    {
        batch.Meta(NftMeta.OutputInterfaceName, Register);
        batch.InSet(Restricted, Register);
        Of(batch, family);
        batch.Meta(NftMeta.OutputInterfaceName, Register);
        batch.Payload(NftPayloadBase.Network, family.SourceOffset, family.AddressSize, Register + 4);
        batch.InSet(family.Allowed, Register, invert: true);
    }
}
