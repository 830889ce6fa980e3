package toolgate

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
)

// instancesMax is how many instances a policy has at most, unless it was asked for more.
const instancesMax = 16

// A Policy decides. It never changes and may be used by any number of goroutines.
//
// It has a bounded number of instances of the engine, made when they are first needed; a decision waits while all of them
// are in use. Close gives their memory back; a policy that nobody holds any more is closed by the garbage collector.
type Policy struct {
	pool        *pool
	info        Info
	diagnostics []Diagnostic
	// documents it was compiled from. None of an artifact.
	documents []Document
}

// An Option is for making a policy, by compiling or loading.
type Option struct {
	instances int
}

// WithInstances lets a policy have so many instances of the engine at most: that many decisions run at a time. Without it
// there are as many as GOMAXPROCS, and 16 at most. Less than one is one.
func WithInstances(limit int) Option {
	return Option{instances: max(limit, 1)}
}

// A DecideOption is for one decision.
type DecideOption struct {
	flags uint32
}

// Clarified says that the caller has obtained the clarification that was required, and asks again about the same call.
func Clarified() DecideOption {
	return DecideOption{flags: flagClarified}
}

// Load makes a policy out of an artifact that was compiled before, here or in another host.
//
// The digest inside of an artifact proves that it is whole and not where it comes from: see [LoadExpecting].
func Load(artifact []byte, options ...Option) (*Policy, error) {
	return load(bytes.Clone(artifact), nil, options)
}

// LoadExpecting is [Load] of the one policy that has this digest, written as in decisions: "sha256:" and 64 lower-case
// hexadecimal digits.
func LoadExpecting(artifact []byte, digest string, options ...Option) (*Policy, error) {
	expected, err := parseDigest(digest)
	if err != nil {
		return nil, err
	}
	return load(bytes.Clone(artifact), expected, options)
}

func load(artifact []byte, digest []byte, options []Option) (*Policy, error) {
	limit := min(runtime.GOMAXPROCS(0), instancesMax)
	for _, option := range options {
		if option.instances > 0 {
			limit = option.instances
		}
	}
	first, err := newInstance(artifact, digest)
	if err != nil {
		return nil, err
	}
	told, err := first.info()
	if err != nil {
		first.close()
		return nil, err
	}
	p := &Policy{pool: newPool(artifact, limit, first)}
	if err := json.Unmarshal(told, &p.info); err != nil {
		first.close()
		return nil, trapped(err)
	}
	// The pool knows nothing of the policy, so it does not keep it alive.
	runtime.AddCleanup(p, func(pool *pool) { pool.close() }, p.pool)
	return p, nil
}

// Decide answers about one call. The request is one JSON object, as bytes that nobody has parsed and written again.
//
// Bytes that are no request are denied, with the reason, and are no error. An error means that nothing could be decided:
// the policy is closed, or the engine has failed. The decision that comes with it denies.
func (p *Policy) Decide(request []byte, options ...DecideOption) (Decision, error) {
	instance, err := p.acquire()
	if err != nil {
		return denied(p.Digest(), err), err
	}
	defer p.release(instance)
	decision, err := instance.decide(request, flagsOf(options))
	if err != nil {
		return denied(p.Digest(), err), err
	}
	return decision, nil
}

// Verdict is the word of the decision alone, for less than the whole decision costs. Where wazero compiles (amd64,
// arm64) it allocates nothing.
func (p *Policy) Verdict(request []byte, options ...DecideOption) (Verdict, error) {
	instance, err := p.acquire()
	if err != nil {
		return Deny, err
	}
	defer p.release(instance)
	return instance.verdict(request, flagsOf(options))
}

func (p *Policy) acquire() (*instance, error) {
	if p == nil || p.pool == nil {
		return nil, noPolicy()
	}
	return p.pool.acquire()
}

func (p *Policy) release(instance *instance) {
	p.pool.release(instance)
	// Until here the garbage collector must not close it.
	runtime.KeepAlive(p)
}

func flagsOf(options []DecideOption) uint32 {
	var flags uint32
	for _, option := range options {
		flags |= option.flags
	}
	return flags
}

// Close gives the memory of all instances back, once the decisions that are being made have been made. Whoever asks
// afterwards, or waits for an instance, gets [CodeClosed] and a decision that denies. Closing again does nothing.
func (p *Policy) Close() error {
	if p != nil && p.pool != nil {
		p.pool.close()
	}
	return nil
}

// Digest is the policy's identity, as decisions carry it: "sha256:" and 64 hexadecimal digits.
func (p *Policy) Digest() string {
	if p == nil {
		return ""
	}
	return p.info.Policy
}

// Info is what there is to know of the policy: digests, size, fields, certificate.
func (p *Policy) Info() Info {
	if p == nil {
		return Info{}
	}
	info := p.info
	info.Fields = slices.Clone(info.Fields)
	return info
}

// Fields are JSON Pointers of the fields of a request that the policy reads.
func (p *Policy) Fields() []string {
	return p.Info().Fields
}

// Artifact is a copy of the compiled policy, for Load here and in every other host.
func (p *Policy) Artifact() []byte {
	if p == nil || p.pool == nil {
		return nil
	}
	return bytes.Clone(p.pool.artifact)
}

// Diagnostics are the warnings about the documents that the policy was compiled from. There are none of an artifact.
func (p *Policy) Diagnostics() []Diagnostic {
	if p == nil {
		return nil
	}
	return slices.Clone(p.diagnostics)
}

// Memory is what the policy's instances of the engine hold.
func (p *Policy) Memory() Memory {
	if p == nil || p.pool == nil {
		return Memory{}
	}
	return p.pool.memory()
}

func parseDigest(text string) ([]byte, error) {
	digits, found := strings.CutPrefix(text, "sha256:")
	digest, err := hex.DecodeString(digits)
	// hex reads upper case too.
	if !found || err != nil || len(digest) != 32 || strings.ToLower(digits) != digits {
		return nil, failure(CodeInvalidDigest, "a digest is `sha256:` and 64 lower-case hexadecimal digits, not %q", text)
	}
	return digest, nil
}
