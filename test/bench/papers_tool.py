# What the papers' tool does with a capture, restated by us from its published description and source: read the whole file
# into memory with scapy, take the entropy of each packet's payload, average it by source and destination address, strip
# what is no word from payloads that decode as UTF-8, gather that text, look every packet's addresses up in lists.
# Not their program: no geolocation over the network, no spreadsheet, no drawing. `python3 papers_tool.py FILE`
import math
import re
import sys
from collections import Counter

from scapy.all import IP, TCP, UDP, IPv6, Raw, rdpcap

NO_WORD = re.compile(r"[\W_]")


def entropy(symbols):
    total = len(symbols)
    return -sum(n / total * math.log2(n / total) for n in Counter(symbols).values()) if total else 0.0


def cleaned(payload):
    """Text without what is no word where the payload decodes as UTF-8, else the bytes as they are."""
    try:
        return NO_WORD.sub("", payload.decode("utf-8"))
    except UnicodeDecodeError:
        return payload


def main(path):
    packets = rdpcap(path)
    addresses, connections = [], []  # searched from the front for each packet, as the tool does
    entropies, texts, ports = {}, [], Counter()
    for packet in packets:
        layer = packet.getlayer(IP) or packet.getlayer(IPv6)
        if layer is None:
            continue
        pair = (layer.src, layer.dst)
        for address in pair:
            if address not in addresses:
                addresses.append(address)
        if IP in packet and pair not in connections:
            connections.append(pair)
        transport = packet.getlayer(TCP) or packet.getlayer(UDP)
        if transport is None or Raw not in packet:
            continue
        ports[transport.dport] += 1
        payload = bytes(packet[Raw].load)
        symbols = cleaned(payload)
        entropies.setdefault(pair, []).append(entropy(symbols))
        if isinstance(symbols, str):
            texts.append(payload.decode("utf-8"))
    means = {pair: sum(all_of) / len(all_of) for pair, all_of in entropies.items()}
    print(len(packets), "packets", len(addresses), "addresses", len(connections), "connections", len(ports), "ports")
    print(sum(1 for mean in means.values() if mean >= 7), "pairs at 7 and above,", len("; ".join(texts)), "characters")


main(sys.argv[1])
