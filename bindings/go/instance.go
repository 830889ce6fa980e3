package toolgate

import (
	"math/bits"

	"github.com/tetratelabs/wazero/api"
)

// requestBytesMax is the law's limit; what is longer is denied whatever it says.
const requestBytesMax = 1 << 20

// requestBytesMin is what room is made for at first.
const requestBytesMin = 1 << 12

// flagClarified says that the clarification has been obtained.
const flagClarified = 1

// An instance is the runtime with one policy loaded into it. It serves one goroutine at a time.
type instance struct {
	caller
	handle uint32

	decideFunction, verdictFunction   api.Function
	outputFunction, outputLenFunction api.Function
	allocFunction, freeFunction       api.Function

	// The buffer that requests are written into.
	address  uint32
	capacity uint32

	// bytes of memory, as the pool has counted them.
	bytes uint32
	// sound tells that the last call has ended as it should: a trap may leave anything behind.
	sound bool
}

// newInstance loads an artifact, that of the policy with a digest if there is one.
func newInstance(artifact []byte, digest []byte) (*instance, error) {
	module, err := runtimeShared.instantiate(runtimeModule)
	if err != nil {
		return nil, err
	}
	i := &instance{caller: caller{module: module, memory: module.Memory()}}
	if err := i.load(artifact, digest); err != nil {
		i.close()
		return nil, err
	}
	i.bytes = i.memory.Size()
	i.sound = true
	return i, nil
}

func (i *instance) load(artifact []byte, digest []byte) error {
	var load api.Function
	err := i.exports(map[string]*api.Function{
		"toolgate_alloc":       &i.allocFunction,
		"toolgate_free":        &i.freeFunction,
		"toolgate_decide":      &i.decideFunction,
		"toolgate_verdict":     &i.verdictFunction,
		"toolgate_output":      &i.outputFunction,
		"toolgate_output_len":  &i.outputLenFunction,
		"toolgate_policy_load": &load,
	})
	if err != nil {
		return err
	}
	address, length, err := i.put(artifact)
	if err != nil {
		return err
	}
	var expected uint32
	if digest != nil {
		if expected, _, err = i.put(digest); err != nil {
			return err
		}
	}
	if i.handle, err = i.status(load, uint64(address), uint64(length), uint64(expected)); err != nil {
		return err
	}
	if expected != 0 {
		if _, err = i.status(i.freeFunction, uint64(expected)); err != nil {
			return err
		}
	}
	_, err = i.status(i.freeFunction, uint64(address))
	return err
}

// decide answers in full.
func (i *instance) decide(request []byte, flags uint32) (Decision, error) {
	verdict, err := i.ask(i.decideFunction, request, flags)
	if err != nil {
		return Decision{}, err
	}
	output, err := i.view(i.outputFunction, i.outputLenFunction)
	if err == nil {
		var decision Decision
		if decision, err = readDecision(string(output)); err == nil && decision.Decision == verdict {
			return decision, nil
		}
	}
	i.sound = false
	return Decision{}, trapped(err)
}

// verdict answers in a word. It allocates nothing.
func (i *instance) verdict(request []byte, flags uint32) (Verdict, error) {
	return i.ask(i.verdictFunction, request, flags)
}

// ask writes the request into the instance and has it decided.
func (i *instance) ask(function api.Function, request []byte, flags uint32) (Verdict, error) {
	i.sound = false
	// One byte above the limit is enough to tell that it is exceeded.
	request = request[:min(len(request), requestBytesMax+1)]
	if err := i.room(uint32(len(request))); err != nil {
		i.sound = codeOf(err) == CodeMemory
		return Deny, err
	}
	if !i.memory.Write(i.address, request) {
		return Deny, trapped(nil)
	}
	number, err := i.status(function, uint64(i.handle), uint64(i.address), uint64(len(request)), uint64(flags))
	if err != nil {
		// Nothing else can be said of a handle and a buffer that are the instance's own.
		i.sound = codeOf(err) == CodeMemory
		return Deny, err
	}
	if number > uint32(Allow) {
		return Deny, trapped(nil)
	}
	i.sound = true
	return Verdict(number), nil
}

// room makes the buffer large enough.
func (i *instance) room(length uint32) error {
	if length <= i.capacity && i.capacity > 0 {
		return nil
	}
	// Twice the size at least, so that requests that grow by a byte do not each move it.
	capacity := min(max(uint32(1)<<bits.Len32(length), requestBytesMin), requestBytesMax+1)
	if i.capacity > 0 {
		i.capacity = 0
		if _, err := i.status(i.freeFunction, uint64(i.address)); err != nil {
			return err
		}
	}
	address, err := i.call(i.allocFunction, uint64(capacity))
	if err != nil {
		return err
	}
	if address == 0 {
		return failure(CodeMemory, "an instance of the engine has no memory for a request of %d bytes", length)
	}
	i.address, i.capacity = address, capacity
	return nil
}

// info is what the runtime tells about the policy, as JSON.
func (i *instance) info() ([]byte, error) {
	info, err := i.export("toolgate_info")
	if err != nil {
		return nil, err
	}
	if _, err := i.status(info, uint64(i.handle)); err != nil {
		return nil, err
	}
	return i.output()
}
