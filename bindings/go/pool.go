package toolgate

import "sync"

// A pool has the instances of one policy: at most so many, made when they are first needed.
type pool struct {
	artifact []byte
	limit    int

	mutex sync.Mutex
	// changed wakes those who wait for an instance or for the end of all calls.
	changed sync.Cond
	idle    []*instance
	// made counts instances, those that are being made too.
	made   int
	bytes  int64
	closed bool
}

func newPool(artifact []byte, limit int, first *instance) *pool {
	p := &pool{artifact: artifact, limit: limit, idle: []*instance{first}, made: 1, bytes: int64(first.bytes)}
	p.changed.L = &p.mutex
	return p
}

// acquire takes an instance, and waits while all are in use.
func (p *pool) acquire() (*instance, error) {
	p.mutex.Lock()
	for {
		if p.closed {
			p.mutex.Unlock()
			return nil, closed()
		}
		if last := len(p.idle) - 1; last >= 0 {
			// The one that was used last: its memory is warm.
			i := p.idle[last]
			p.idle = p.idle[:last]
			p.mutex.Unlock()
			return i, nil
		}
		if p.made < p.limit {
			p.made++
			p.mutex.Unlock()
			return p.grow()
		}
		p.changed.Wait()
	}
}

// grow makes the instance that was counted already.
func (p *pool) grow() (*instance, error) {
	i, err := newInstance(p.artifact, nil)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err != nil {
		p.made--
		p.changed.Broadcast()
		return nil, err
	}
	p.bytes += int64(i.bytes)
	return i, nil
}

// release gives an instance back; one that is not sound is thrown away, and another made when it is needed.
func (p *pool) release(i *instance) {
	now := i.memory.Size()
	p.mutex.Lock()
	kept := i.sound && !p.closed
	p.bytes += int64(now) - int64(i.bytes)
	i.bytes = now
	if kept {
		p.idle = append(p.idle, i)
		p.changed.Signal()
	} else {
		p.forget(i)
	}
	p.mutex.Unlock()
	if !kept {
		i.close()
	}
}

// forget stops counting an instance. The pool is locked.
func (p *pool) forget(i *instance) {
	p.made--
	p.bytes -= int64(i.bytes)
	p.changed.Broadcast()
}

// close lets nobody in any more, and waits until all who are in have left.
func (p *pool) close() {
	p.mutex.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	for _, i := range idle {
		p.forget(i)
	}
	p.changed.Broadcast()
	for p.made > 0 {
		p.changed.Wait()
	}
	p.mutex.Unlock()
	for _, i := range idle {
		i.close()
	}
}

func (p *pool) isClosed() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.closed
}

func (p *pool) memory() Memory {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return Memory{Instances: p.made, InstancesMax: p.limit, Bytes: p.bytes}
}
